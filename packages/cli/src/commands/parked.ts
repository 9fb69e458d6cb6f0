import { parkAnswer, parkView } from '@tenure/contracts';
import { Command } from 'commander';
import { CommandFailedError } from '../errors.ts';
import { type Io, say, sayJson } from '../io.ts';
import type { Client } from '../server/client.ts';
import { withServer } from '../server/open-server.ts';
import { formatOutline } from '../terminal/outline.ts';
import { formatTable } from '../terminal/table.ts';

interface Options {
  readonly consumer?: string;
  readonly json?: true;
}

type Park = ReturnType<typeof parkView.parse>;

/** `tenure parked list|show|replay|drop`: what consumers could not apply. */
export function parkedCommand(io: Io, exit: (code: number) => void): Command {
  const list = new Command('list')
    .description('What is parked, and why')
    .option('--consumer <name>', 'of this consumer only')
    .option('--json', 'as JSON, a line each')
    .action(({ consumer, json }: Options) =>
      withServer(io, async ({ client }) => {
        const parks: Park[] = [];
        for await (const park of parksOf(client, consumer)) {
          if (json) sayJson(io, park);
          else parks.push(park);
        }
        if (json) return;
        if (parks.length === 0) say(io, 'Nothing is parked.');
        else for (const line of formatTable(columns, parks, io.stdout.columns)) say(io, line);
      }),
    );
  const show = new Command('show')
    .description('One of them')
    .argument('<id>')
    .option('--json', 'as JSON')
    .action((id: string, { json }: Options) =>
      withServer(io, async ({ client }) => {
        const park = await find(client, id);
        if (json) sayJson(io, park);
        else for (const line of formatOutline(park)) say(io, line);
      }),
    );
  return new Command('parked')
    .description('What could not be applied to the views: the customer waits there, all others go on')
    .addCommand(list)
    .addCommand(show)
    .addCommand(action('replay', 'Try it again, after the cause was mended'))
    .addCommand(action('drop', 'Skip the event in the views for good; the log keeps it'));

  function action(name: 'replay' | 'drop', description: string): Command {
    return new Command(name)
      .description(description)
      .argument('<id>')
      .option('--json', 'as JSON')
      .action((id: string, { json }: Options) =>
        withServer(io, async ({ client }) => {
          const answer = parkAnswer.parse(await client.post(`/v1/parked/${encodeURIComponent(id)}/${name}`));
          if (json) sayJson(io, answer);
          else
            say(
              io,
              answer.outcome === 'parked-again' ? `${id} failed again and stays parked.` : `${id}: ${answer.outcome}`,
            );
          if (answer.outcome === 'parked-again') exit(1);
        }),
      );
  }
}

const columns = [
  { title: 'id', value: (park: Park) => park.id },
  { title: 'parked', value: (park: Park) => park.parkedAt },
  { title: 'consumer', value: (park: Park) => park.consumer },
  { title: 'key', value: (park: Park) => park.key },
  { title: 'event', value: (park: Park) => park.eventType ?? `due ${park.dueAt}` },
  { title: 'reason', value: (park: Park) => park.reason },
];

async function* parksOf(client: Client, consumer?: string): AsyncGenerator<Park> {
  const query = new URLSearchParams(consumer && { consumer });
  for await (const item of client.list(`/v1/parked?${query}`)) yield parkView.parse(item);
}

async function find(client: Client, id: string): Promise<Park> {
  for await (const park of parksOf(client)) if (park.id === id) return park;
  throw new CommandFailedError(`Nothing is parked under ${id}.`);
}
