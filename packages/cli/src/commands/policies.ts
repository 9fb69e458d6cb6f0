import { type PolicyView, policyView } from '@tenure/contracts';
import { Argument, Command } from 'commander';
import { CommandFailedError } from '../errors.ts';
import { type Io, say, sayJson } from '../io.ts';
import { readDraft, readInstant } from '../policies/read-draft.ts';
import type { Client } from '../server/client.ts';
import { withServer } from '../server/open-server.ts';
import { formatTable } from '../terminal/table.ts';

interface Options {
  readonly policy: string;
  readonly from?: string;
  readonly json?: true;
}

const names = ['lifecycle', 'loyalty', 'satisfaction', 'lifecycle-model'];

/** `tenure policies list|draft|publish`: versions of policies, and the way to a next one. */
export function policiesCommand(io: Io): Command {
  const list = new Command('list')
    .description('Every version of every policy, and which are in force')
    .option('--json', 'as JSON, a line each')
    .action(({ json }: Pick<Options, 'json'>) =>
      withServer(io, async ({ client }) => {
        const versions: PolicyView[] = [];
        for await (const version of versionsOf(client)) {
          if (json) sayJson(io, version);
          else versions.push(version);
        }
        if (!json) for (const line of formatTable(columns, versions, io.stdout.columns)) say(io, line);
      }),
    );
  const draft = new Command('draft')
    .description('The version in force as a draft to write the next from')
    .addArgument(new Argument('<policy>').choices(names))
    .action((policy: string) =>
      withServer(io, async ({ client }) => {
        for await (const version of versionsOf(client, `policy=${policy}&inForce=true`)) {
          // The next version is named when it is published.
          const { version: _, ...document } = version.document;
          return say(io, JSON.stringify(document, undefined, 2));
        }
        throw new CommandFailedError(`No version of ${policy} is in force.`);
      }),
    );
  const publish = new Command('publish')
    .description('Publish a draft as the next version of its policy')
    .requiredOption('--policy <file>', 'the draft')
    .option('--from <instant>', 'from when on it holds, which is not in the past; now if left out')
    .option('--json', 'as JSON')
    .action(async ({ policy, from, json }: Options) => {
      const body = { document: readDraft(policy), ...(from && { effectiveFrom: readInstant('--from', from) }) };
      await withServer(io, async ({ client }) => {
        const version = policyView.parse(await client.post('/v1/policies', body));
        if (json) return sayJson(io, version);
        say(io, `${version.policy} version ${version.version} holds from ${version.effectiveFrom ?? 'always'} on.`);
      });
    });
  return new Command('policies')
    .description('The rules of lifecycle, loyalty programme and satisfaction, by version')
    .addCommand(list)
    .addCommand(draft)
    .addCommand(publish);
}

const columns = [
  { title: 'policy', value: ({ policy }: PolicyView) => policy },
  { title: 'version', value: ({ version }: PolicyView) => version },
  { title: 'holds from', value: ({ effectiveFrom }: PolicyView) => effectiveFrom ?? 'always' },
  { title: 'until', value: ({ effectiveUntil }: PolicyView) => effectiveUntil },
  { title: 'in force', value: ({ inForce }: PolicyView) => (inForce ? 'yes' : 'no') },
  { title: 'published', value: ({ publishedAt }: PolicyView) => publishedAt },
  { title: 'by', value: ({ publishedBy }: PolicyView) => publishedBy },
];

async function* versionsOf(client: Client, query = ''): AsyncGenerator<PolicyView> {
  for await (const item of client.list(`/v1/policies?${query}`)) yield policyView.parse(item);
}
