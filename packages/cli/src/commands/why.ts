import { type Explanation, whyAnswer, whyQuery } from '@tenure/contracts';
import { Argument, Command, Option } from 'commander';
import { type Io, say, sayJson } from '../io.ts';
import { resolveCustomer } from '../server/customer-ref.ts';
import { withServer } from '../server/open-server.ts';

interface Options {
  readonly asOf?: string;
  readonly knownAt?: string;
  readonly lang: 'en' | 'zh';
  readonly json?: true;
}

/** `tenure why CUSTOMER FIELD`: the chain of events behind a derived value. */
export function whyCommand(io: Io): Command {
  return new Command('why')
    .description('The chain of events behind a derived value')
    .argument('<customer>', 'id, or source/key')
    .addArgument(new Argument('<field>', 'the value').choices(whyQuery.shape.field.options))
    .option('--as-of <instant>', 'what had happened by then; now if left out')
    .option('--known-at <instant>', 'what was known by then; now if left out')
    .addOption(new Option('--lang <language>', 'of the words').choices(['en', 'zh']).default('en'))
    .option('--json', 'as JSON')
    .action((reference: string, field: string, { asOf, knownAt, lang, json }: Options) =>
      withServer(io, async ({ client, settle }) => {
        await settle();
        const id = await resolveCustomer(client, reference);
        const query = new URLSearchParams({ field, ...(asOf && { asOf }), ...(knownAt && { knownAt }) });
        const answer = await client.get(`/v1/audit/customers/${id}/why?${query}`);
        if (json) sayJson(io, answer);
        else for (const line of linesOf(whyAnswer.parse(answer).explanation, lang)) say(io, line);
      }),
    );
}

/** The latest first, what it stands on indented below it. */
function linesOf(explanation: Explanation, lang: 'en' | 'zh', indent = ''): readonly string[] {
  const { value, since, words, rule, policy, events, eventCount, because } = explanation;
  const from = since === null ? '' : ` since ${since}`;
  const by = policy === null ? `rule ${rule}` : `rule ${rule}, policy ${policy.name} v${policy.version}`;
  const left = eventCount - events.length;
  return [
    `${indent}${value ?? '-'}${from}: ${words[lang]} (${by})`,
    ...(left > 0 ? [`${indent}  ${left} earlier events`] : []),
    ...events.map(
      ({ source, id, type, occurredAt, recordedAt, actor }) =>
        `${indent}  ${occurredAt} ${type} ${source === null ? '' : `${source}/`}${id}, by ${actor}, recorded ${recordedAt}`,
    ),
    ...because.flatMap((before) => linesOf(before, lang, `${indent}  `)),
  ];
}
