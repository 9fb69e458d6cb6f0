// What the log's file itself costs: one row with the indexes of the log for each purchase, prepared, 1000 a transaction,
// synchronous=FULL, one thread; nothing is checked, sealed or answered. Run: node grouped-inserts.ts PURCHASES.ndjson DIRECTORY
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const [file = '', directory = ''] = process.argv.slice(2);
const PER_TRANSACTION = 1_000;

const db = new DatabaseSync(join(directory, 'raw.db'));
db.exec(`
  pragma page_size = 4096; pragma journal_mode = wal; pragma synchronous = full;
  pragma cache_size = -131072; pragma wal_autocheckpoint = 64000;
  create table events (
    position integer primary key, stream blob not null, revision integer not null, id blob not null,
    type integer not null, version integer not null, customer integer, occurred_at integer not null,
    recorded_at integer not null, metadata text not null, personal blob, data text not null
  ) strict;
  create unique index events_stream on events (stream, revision);
  create index events_customer on events (customer, position) where customer is not null;
`);
const insert = db.prepare('insert into events values (?, ?, 0, ?, 5, 1, ?, ?, ?, ?, null, ?)');

const customers = new Map<string, number>();
const rows = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const { type: _, customer, occurredAt, ...data } = JSON.parse(line);
    const key = `${customer.source}/${customer.key}`;
    const number = customers.get(key) ?? customers.size + 1;
    customers.set(key, number);
    const ids = [1, 2, randomBytes(16).toString('hex'), randomBytes(16).toString('hex'), 0];
    data.contentHash = randomBytes(16).toString('hex');
    return { number, at: Date.parse(occurredAt), metadata: JSON.stringify(ids), data: JSON.stringify(data) };
  });
const hashes = randomBytes(32 * rows.length);

const start = performance.now();
for (let first = 0; first < rows.length; first += PER_TRANSACTION) {
  db.exec('begin immediate');
  for (const [index, { number, at, metadata, data }] of rows.slice(first, first + PER_TRANSACTION).entries()) {
    const position = first + index + 1;
    const stream = hashes.subarray(position * 32 - 32, position * 32 - 16);
    const id = hashes.subarray(position * 32 - 16, position * 32);
    insert.run(position, stream, id, number, at, Date.now(), metadata, data);
  }
  db.exec('commit');
}
const perSecond = rows.length / ((performance.now() - start) / 1_000);
process.stdout.write(`${JSON.stringify({ perSecond })}\n`);
