import type { MigrationSource } from '../migration.ts';
import type { Position } from '../port.ts';
import { identityOf, readLogState } from './identity.ts';
import { type EventStoreDBMigrationOptions, openMigrationAccess } from './import-access.ts';
import type { LogReads } from './log-reads.ts';

const PAGE = 1_000;

/**
 * Opens a log on EventStoreDB to be moved. A service that starts meanwhile is not kept from writing.
 * @throws {LogInUseError} when a service runs on it
 * @throws {LogFormatError} when there is no log
 */
export const openEventStoreDBMigrationSource = async (
  options: EventStoreDBMigrationOptions,
): Promise<MigrationSource> => {
  const { connection, reads, keys, close } = await openMigrationAccess(options);
  try {
    return {
      identity: identityOf(await readLogState(connection)),
      keys,
      count: () => countEvents(reads),
      readAllSealed: (range) => reads.readAll(range),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

/** EventStoreDB does not know how many of its events are the log's. */
const countEvents = async (reads: LogReads): Promise<number> => {
  let count = 0;
  for (let after: Position | undefined; ; ) {
    const page = await reads.readAll({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    count += page.length;
    if (page.length < PAGE) return count;
    after = page.at(-1)?.position;
  }
};
