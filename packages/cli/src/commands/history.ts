import { historyItem } from '@tenure/contracts';
import { Command, Option } from 'commander';
import { type Io, say, sayJson } from '../io.ts';
import { resolveCustomer } from '../server/customer-ref.ts';
import { withServer } from '../server/open-server.ts';
import { describeEvent } from '../terminal/describe-event.ts';
import { formatTable } from '../terminal/table.ts';

interface Options {
  readonly type?: string;
  readonly knownAt?: string;
  readonly order: string;
  readonly json?: true;
}

const rowsAtOnce = 500;

/** `tenure history CUSTOMER`: every event, over all services. With --json a line each. */
export function historyCommand(io: Io): Command {
  return new Command('history')
    .description('Every event of a customer, over all services')
    .argument('<customer>', 'id, or source/key')
    .option('--type <types>', 'these types only, divided by commas')
    .option('--known-at <instant>', 'what was known by then')
    .addOption(
      new Option('--order <order>', 'by position, or by what happened when')
        .choices(['recorded', 'content'])
        .default('recorded'),
    )
    .option('--json', 'as JSON, a line each')
    .action((reference: string, { type, knownAt, order, json }: Options) =>
      withServer(io, async ({ client, settle }) => {
        await settle();
        const id = await resolveCustomer(client, reference);
        const query = new URLSearchParams({ order, ...(type && { type }), ...(knownAt && { knownAt }) });
        let rows: Row[] = [];
        for await (const item of client.list(`/v1/audit/customers/${id}/history?${query}`)) {
          if (json) sayJson(io, item);
          else rows.push(historyItem.loose().parse(item));
          if (rows.length === rowsAtOnce) rows = show(io, rows);
        }
        show(io, rows);
      }),
    );
}

type Row = ReturnType<typeof historyItem.parse>;

function show(io: Io, rows: Row[]): Row[] {
  if (rows.length === 0) return rows;
  const columns = [
    { title: 'occurred', value: (row: Row) => row.occurredAt },
    { title: 'recorded', value: (row: Row) => row.recordedAt },
    { title: 'service', value: (row: Row) => row.service },
    { title: 'actor', value: (row: Row) => row.actor },
    { title: 'event', value: (row: Row) => row.type },
    { title: 'what', value: describeEvent },
  ];
  for (const line of formatTable(columns, rows, io.stdout.columns)) say(io, line);
  return [];
}
