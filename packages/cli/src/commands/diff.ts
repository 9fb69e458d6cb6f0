import { customerDiff } from '@tenure/contracts';
import { Command } from 'commander';
import { type Io, say, sayJson } from '../io.ts';
import { resolveCustomer } from '../server/customer-ref.ts';
import { withServer } from '../server/open-server.ts';
import { describeEvent } from '../terminal/describe-event.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly knownAt?: string;
  readonly json?: true;
}

type CustomerDiff = ReturnType<typeof customerDiff.parse>;

/** Of lists it is enough to know that they changed. */
const LONGEST_VALUE = 60;

/** `tenure diff CUSTOMER`: what changed between two instants, and by which events. */
export function diffCommand(io: Io): Command {
  return new Command('diff')
    .description('What changed about a customer between two instants, and by which events')
    .argument('<customer>', 'id, or source/key')
    .requiredOption('--from <instant>', 'what had happened by then')
    .requiredOption('--to <instant>', 'what had happened by then')
    .option('--known-at <instant>', 'what was known by then; now if left out')
    .option('--json', 'as JSON')
    .action((reference: string, { from, to, knownAt, json }: Options) =>
      withServer(io, async ({ client, settle }) => {
        await settle();
        const id = await resolveCustomer(client, reference);
        const query = new URLSearchParams({ from, to, ...(knownAt && { knownAt }) });
        const diff = await client.get(`/v1/audit/customers/${id}/diff?${query}`);
        if (json) sayJson(io, diff);
        else for (const line of linesOf(customerDiff.parse(diff))) say(io, line);
      }),
    );
}

function linesOf({ changes, events, eventCount }: CustomerDiff): readonly string[] {
  const left = eventCount - events.length;
  return [
    ...changes.map(({ field, before, after }) => `${field}: ${shown(before)} -> ${shown(after)}`),
    changes.length === 0 ? 'nothing changed' : 'by',
    ...(left > 0 ? [`  ${left} earlier events`] : []),
    ...events.map((event) => `  ${event.occurredAt} ${event.type}: ${describeEvent(event)}, by ${event.actor}`),
  ];
}

function shown(value: unknown): string {
  if (value === null) return '-';
  if (typeof value !== 'object') return String(value);
  const text = JSON.stringify(value);
  if (text.length <= LONGEST_VALUE) return text;
  return Array.isArray(value) ? `${value.length} of them` : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}
