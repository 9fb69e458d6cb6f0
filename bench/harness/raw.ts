import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild, startChild } from './child.ts';
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
