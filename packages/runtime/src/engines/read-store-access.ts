import type { ReadStore } from '@tenure/read-store';
import type { ReadStoreEngine } from './engines.ts';
import { untilAvailable } from './until-available.ts';

/** Where a process keeps its views. Plain data. */
export interface ReadStoreAccess {
  readonly engine: ReadStoreEngine;
  /** Of the embedded engine. */
  readonly directory: string;
  /** The process's name: services don't share views. */
  readonly owner: string;
}

/** Opens a process's views. Drivers that are not needed are not loaded. @throws what the adapters throw */
export async function openReadStore(
  { engine, directory, owner }: ReadStoreAccess,
  role: 'writer' | 'reader',
): Promise<ReadStore> {
  if (engine.kind === 'sqlite') {
    const { openSqliteReadStore } = await import('@tenure/read-store/sqlite');
    return openSqliteReadStore({ directory, role });
  }
  const { openMongoReadStore } = await import('@tenure/read-store/mongodb');
  const database = `${engine.database}-${owner}`;
  return untilAvailable(() => openMongoReadStore({ url: engine.url, database, role }));
}
