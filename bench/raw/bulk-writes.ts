// What MongoDB itself takes: the documents of finished views, read beforehand, written by `bulkWrite` in the batches in
// which they had been, into empty collections with the same indexes, durable on a majority; no transactions, no
// checkpoints. `insert`: those that are new are inserted, the others replaced by their id; `guard`: replaced if they have
// their guard, too; `upsert`: all are upserted by their id.
// Run: node bulk-writes.ts MONGODB FROM TO BATCHES insert|guard|upsert
import { readFileSync } from 'node:fs';
import { type Document, MongoClient } from 'mongodb';

const [url = '', from = '', to = '', file = '', how = ''] = process.argv.slice(2);
/** Of each batch, the ids of its documents by collection. */
const batches = JSON.parse(readFileSync(file, 'utf8')) as readonly Readonly<Record<string, readonly string[]>>[];

const client = new MongoClient(url, { writeConcern: { w: 'majority', journal: true } });
await client.connect();
const documents = new Map<string, Map<string, Document & { readonly _id: string }>>();
for (const { name } of await client.db(from).listCollections({}, { nameOnly: true }).toArray()) {
  const own = name.slice(name.lastIndexOf(':') + 1);
  if (!batches.some((batch) => own in batch)) continue;
  const source = client.db(from).collection<Document & { readonly _id: string }>(name);
  documents.set(own, new Map((await source.find().toArray()).map((document) => [document._id, document])));
  const indexes = (await source.indexes()).filter((index) => index.name !== '_id_').map(({ v: _, ...index }) => index);
  await client.db(to).createCollection(own);
  if (indexes.length > 0) await client.db(to).collection(own).createIndexes(indexes);
}

const there = new Set<string>();
const prepared = batches.flatMap((batch) =>
  Object.entries(batch).map(([name, ids]) => {
    const own = ids.flatMap((id) => documents.get(name)?.get(id) ?? []);
    const operations = own.map(({ _id, ...fields }) => {
      const isNew = !there.has(`${name}/${_id}`);
      there.add(`${name}/${_id}`);
      if (isNew && how !== 'upsert') return { insertOne: { document: { _id, ...fields } } };
      const filter = how === 'guard' ? { _id, _guard: fields._guard } : { _id };
      return { replaceOne: { filter, replacement: fields, upsert: how === 'upsert' } };
    });
    return { collection: client.db(to).collection<{ _id: string; _guard?: unknown }>(name), operations };
  }),
);
const count = prepared.reduce((sum, { operations }) => sum + operations.length, 0);

const start = performance.now();
for (const { collection, operations } of prepared) await collection.bulkWrite(operations);
const perSecond = count / ((performance.now() - start) / 1_000);
await client.close();
process.stdout.write(`${JSON.stringify({ perSecond, documents: count })}\n`);
