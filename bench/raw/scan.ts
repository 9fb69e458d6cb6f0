// What reading the log itself costs: all rows in order, in pages of 1000, their JSON parsed.
// Run: node scan.ts EVENTS.db
import { DatabaseSync } from 'node:sqlite';

const [file = ''] = process.argv.slice(2);
const PAGE = 1_000;

const db = new DatabaseSync(file, { readOnly: true });
const page = db.prepare(
  'select position, stream, revision, customer, occurred_at, data from events where position > ? order by position limit ?',
);
page.setReturnArrays(true);

let position = 0;
let events = 0;
let fields = 0;
const start = performance.now();
for (;;) {
  const rows = page.all(position, PAGE) as unknown as (readonly [number, number, number, number, number, string])[];
  for (const row of rows) {
    position = row[0];
    fields += Object.keys(JSON.parse(row[5])).length;
  }
  events += rows.length;
  if (rows.length < PAGE) break;
}
const perSecond = events / ((performance.now() - start) / 1_000);
process.stdout.write(`${JSON.stringify({ perSecond, events, fields })}\n`);
