import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyTransfer } from '@tenure/key-store';
import { openMongoKeyTransfer } from '@tenure/key-store/mongodb';
import { LogInUseError } from '../errors.ts';
import { Connection } from './connection.ts';
import { LogReads } from './log-reads.ts';
import { openMongoCustomerIndex } from './mongo-customer-index.ts';

/** Where a log on EventStoreDB is, with its keys and its index by customer. */
export interface EventStoreDBMigrationOptions {
  /** EventStoreDB's connection string. */
  readonly url: string;
  readonly keys: { readonly url: string; readonly database: string };
  readonly index: { readonly url: string; readonly database: string };
}

/** The way to a log that is moved. */
export interface MigrationAccess {
  readonly connection: Connection;
  readonly reads: LogReads;
  readonly keys: KeyTransfer;
  close(): Promise<void>;
}

const TIMEOUT_MS = 5_000;
const PATIENCE_MS = 30_000;
/** After which a service that was killed counts as gone, and the time that the look for one takes beside that. */
const LEASE_MS = 3_000;
const LOOK_MS = LEASE_MS + 2_000;
const LOOK_AGAIN_MS = 250;

/** @throws {LogInUseError} when a service runs on the log */
export const openMigrationAccess = async (options: EventStoreDBMigrationOptions): Promise<MigrationAccess> => {
  const opened = new AsyncDisposableStack();
  try {
    const keys = await openMongoKeyTransfer({ url: options.keys.url, database: options.keys.database });
    opened.defer(() => keys.close());
    await assertUnused(options);
    const connection = new Connection({ url: options.url, timeoutMs: TIMEOUT_MS, patienceMs: PATIENCE_MS });
    opened.defer(() => connection.close());
    return { connection, reads: new LogReads(connection), keys, close: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
};

/** Of the services that run on a log one maintains the index by customer, so while there is one, nobody else can. */
const assertUnused = async ({ index: { url, database } }: EventStoreDBMigrationOptions): Promise<void> => {
  const index = await openMongoCustomerIndex({ url, database, leaseMs: LEASE_MS });
  const me = randomUUID();
  const deadline = performance.now() + LOOK_MS;
  try {
    while (!(await index.hold(me))) {
      if (performance.now() > deadline) throw new LogInUseError('the log on EventStoreDB');
      await sleep(LOOK_AGAIN_MS);
    }
    await index.release(me);
  } finally {
    await index.close();
  }
};
