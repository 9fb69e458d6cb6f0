import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chunksOf, linesOf, type PurchaseSet } from './purchases.ts';
import { sendLines } from './send-lines.ts';
import { startTenure } from './tenure.ts';

/** Directories for what is measured, below one temporary folder that goes with the last of them. */
export interface Stores {
  /** An empty one. */
  empty(): Promise<string>;
  /** A store with purchases, all of them in its views: built once, and copied for whoever wants to change it. */
  filled(set: PurchaseSet): Promise<string>;
  copyOf(directory: string): Promise<string>;
  /** Frees the disk. */
  drop(directory: string): Promise<void>;
  close(): Promise<void>;
}

export async function createStores(): Promise<Stores> {
  const root = await mkdtemp(join(tmpdir(), 'tenure-bench-'));
  const filled = new Map<string, Promise<string>>();
  let count = 0;
  const empty = async (): Promise<string> => {
    const directory = join(root, String(++count));
    await mkdir(directory);
    return directory;
  };
  const fill = async (set: PurchaseSet): Promise<string> => {
    const directory = await empty();
    const tenure = await startTenure({ directory });
    await sendLines({ url: tenure.url, chunks: chunksOf(linesOf(set)) });
    await tenure.settled();
    await tenure.stop();
    return directory;
  };
  return {
    empty,
    filled(set) {
      const key = JSON.stringify(set);
      const store = filled.get(key) ?? fill(set);
      filled.set(key, store);
      return store;
    },
    async copyOf(directory) {
      const copy = await empty();
      await cp(directory, copy, { recursive: true });
      return copy;
    },
    drop: (directory) => rm(directory, { recursive: true, force: true }),
    close: () => rm(root, { recursive: true, force: true }),
  };
}
