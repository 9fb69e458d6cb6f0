import { StoreUnavailableError } from '../errors.ts';
import type { MigrationTarget } from '../migration.ts';
import { lastEpochOf, readLogState, writeIdentity, writeMigrationBegun } from './identity.ts';
import { type EventStoreDBMigrationOptions, openMigrationAccess } from './import-access.ts';
import { importEvents } from './import-writer.ts';

/**
 * Opens an EventStoreDB to be filled with a log; the whole server is the log.
 * @throws {LogInUseError} when a service runs on it
 * @throws {LogFormatError} when what it holds is no log of this kind
 */
export const openEventStoreDBMigrationTarget = async (
  options: EventStoreDBMigrationOptions,
): Promise<MigrationTarget> => {
  const { connection, reads, keys, close } = await openMigrationAccess(options);
  try {
    const state = await readLogState(connection);
    return {
      keys,
      logId: state.kind === 'log' ? state.identity.logId : state.kind === 'unfinished' ? state.logId : undefined,
      epoch: lastEpochOf(state),
      isFinished: state.kind !== 'unfinished',
      readAllSealed: (range) => reads.readAll(range),
      begin: async (logId) => {
        if (state.kind === 'unfinished' && state.logId === logId) return;
        assertFirst(await writeMigrationBegun(connection, state, logId));
      },
      append: (events) => importEvents({ calls: connection, reads }, events),
      finish: async (identity) =>
        assertFirst(await writeIdentity(connection, await readLogState(connection), identity)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

const assertFirst = (written: boolean): void => {
  if (!written) throw new StoreUnavailableError('another process gives the log on EventStoreDB its identity');
};
