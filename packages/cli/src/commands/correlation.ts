import { type CausedEvent, correlation, type RelatedEvent } from '@tenure/contracts';
import { Command } from 'commander';
import { type Io, say, sayJson } from '../io.ts';
import { withServer } from '../server/open-server.ts';

interface Options {
  readonly json?: true;
}

/** `tenure correlation ID`: all that one request, message or timer led to. */
export function correlationCommand(io: Io): Command {
  return new Command('correlation')
    .description('All that one request, message or timer led to')
    .argument('<id>', 'the correlation id of an event, as a history shows it')
    .option('--json', 'as JSON')
    .action((id: string, { json }: Options) =>
      withServer(io, async ({ client, settle }) => {
        await settle();
        const answer = await client.get(`/v1/audit/correlations/${encodeURIComponent(id)}`);
        if (json) return sayJson(io, answer);
        const { events, roots, truncated } = correlation.parse(answer);
        const byPosition = new Map(events.map((event) => [event.position, event]));
        for (const { kind, causationId, children } of roots) {
          say(io, kind === 'timer' ? causationId : `${kind} ${causationId}`);
          for (const line of linesOf(children, byPosition, '  ')) say(io, line);
        }
        if (truncated) say(io, `and more: these are the first ${events.length}`);
      }),
    );
}

/** What an event led to, indented below it. */
function linesOf(
  children: readonly CausedEvent[],
  byPosition: ReadonlyMap<string, RelatedEvent>,
  indent: string,
): readonly string[] {
  return children.flatMap(({ position, type, children: own }) => {
    const event = byPosition.get(position);
    const who = event === undefined ? '' : `, ${event.service}, by ${event.actor}, recorded ${event.recordedAt}`;
    const when = event === undefined ? '' : `${event.occurredAt} `;
    return [`${indent}${when}${type}${who}`, ...linesOf(own, byPosition, `${indent}  `)];
  });
}
