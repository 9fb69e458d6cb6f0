import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QUIET, runChild, startChild } from './child.ts';
import type { Stores } from './stores.ts';

const program = (name: string): URL => new URL(`../raw/${name}.ts`, import.meta.url);

/** A bare JSON server; `document` is what its reads answer. */
export async function startRawServer(
  stores: Stores,
  document = '{}',
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const directory = await stores.empty();
  const file = join(directory, 'document.json');
  await writeFile(file, document);
  const child = startChild(program('json-routes'), { args: [file] });
  const { value } = await child.lines.next();
  const { url } = JSON.parse(value as string) as { readonly url: string };
  return {
    url,
    async stop() {
      await child.end();
      await stores.drop(directory);
    },
  };
}

/** Purchases a second that SQLite takes as rows of the log, and no more than that. */
export async function rawInserts(stores: Stores, lines: Iterable<string>): Promise<number> {
  const directory = await stores.empty();
  const file = join(directory, 'purchases.ndjson');
  await writeFile(file, lines);
  const { perSecond } = await runChild<{ readonly perSecond: number }>(program('grouped-inserts'), {
    args: [file, directory],
  });
  await rm(directory, { recursive: true });
  return perSecond;
}

/** Events a second that can be read from a log and parsed, and no more than that. */
export async function rawScan(logFile: string): Promise<{ readonly perSecond: number; readonly events: number }> {
  return runChild(program('scan'), { args: [logFile] });
}

export interface RawTransactions {
  readonly brokers: string;
  readonly from: string;
  readonly to: string;
  readonly messages: number;
  /** Messages of a transaction. */
  readonly each: number;
}

/** Messages a second that Kafka takes in transactions of another topic's messages, and no more than that. */
export async function rawTransactions({ brokers, from, to, messages, each }: RawTransactions): Promise<number> {
  const args = [brokers, from, to, String(messages), String(each)];
  const { perSecond } = await runChild<{ readonly perSecond: number }>(program('kafka-transactions'), {
    args,
    nodeArgs: [QUIET],
  });
  return perSecond;
}

export interface RawBulkWrites {
  readonly url: string;
  /** Databases: of the finished views, and an empty one. */
  readonly from: string;
  readonly to: string;
  /** A file that says which documents were written together. */
  readonly batches: string;
  /**
   * `insert`: what is new is inserted, the rest replaced by its id. `guard`: by its id and its guard. `upsert`: all is
   * upserted by its id. Some servers take much longer for the last two.
   */
  readonly how: 'insert' | 'guard' | 'upsert';
  /** How many that were, each as often as it was written. */
  readonly documents: number;
}

/** Documents a second that MongoDB takes by `bulkWrite`, and no more than that. @throws {Error} for other documents */
export async function rawBulkWrites({ url, from, to, batches, how, documents }: RawBulkWrites): Promise<number> {
  const found = await runChild<{ readonly perSecond: number; readonly documents: number }>(program('bulk-writes'), {
    args: [url, from, to, batches, how],
  });
  if (found.documents !== documents) throw new Error(`${documents} were written, but ${found.documents} raw`);
  return found.perSecond;
}
