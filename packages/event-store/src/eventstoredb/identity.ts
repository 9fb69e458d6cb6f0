import { randomBytes } from 'node:crypto';
import { BACKWARDS, END, jsonEvent, StreamNotFoundError, WrongExpectedVersionError } from '@eventstore/db-client';
import { LogFormatError } from '../errors.ts';
import type { LogIdentity } from '../port.ts';
import type { Connection } from './connection.ts';

/** Its name has no hash, so no read of events shows it. The last event of it holds. */
const STREAM = 'tenure-log';

const FIRST_EPOCH = 1;

/** What the stream says of the log. `revision` is that of its last event, -1 for none. */
export type LogState =
  | { readonly kind: 'none'; readonly revision: -1 }
  | { readonly kind: 'log'; readonly identity: LogIdentity; readonly revision: number }
  /** A migration has begun to fill it, and has not finished. `lastEpoch`: in which services saw it before, 0 for none. */
  | { readonly kind: 'unfinished'; readonly logId: string; readonly lastEpoch: number; readonly revision: number };

/** The log's identity, made when there is none: of many who try at the same time, one makes it and all read it. */
export const ensureIdentity = async (connection: Connection): Promise<LogIdentity> => {
  const found = await readLogState(connection);
  if (found.kind !== 'none') return identityOf(found);
  await writeIdentity(connection, found, { logId: randomBytes(16).toString('hex'), epoch: FIRST_EPOCH });
  const made = await readLogState(connection);
  if (made.kind === 'none') throw new LogFormatError(`the log has no identity: stream ${STREAM} is gone`);
  return identityOf(made);
};

/** A new life of the log. */
export const raiseEpoch = async (connection: Connection): Promise<LogIdentity> => {
  for (;;) {
    const { logId, epoch } = await ensureIdentity(connection);
    const found = await readLogState(connection);
    const raised = { logId, epoch: epoch + 1 };
    if (identityOf(found).epoch === epoch && (await writeIdentity(connection, found, raised))) return raised;
  }
};

/** @throws {LogFormatError} when there is no log that may be used */
export const identityOf = (state: LogState): LogIdentity => {
  if (state.kind === 'log') return state.identity;
  throw new LogFormatError(
    state.kind === 'none'
      ? 'there is no event log on this EventStoreDB'
      : 'this EventStoreDB holds a part of a log: a migration into it was cut off, run it again',
  );
};

export const readLogState = async (connection: Connection): Promise<LogState> => {
  try {
    const [last] = await connection.read((client) =>
      client.readStream(STREAM, { direction: BACKWARDS, fromRevision: END, maxCount: 1, requiresLeader: true }),
    );
    const data = last?.event?.data;
    if (last?.event && hasLogId(data)) {
      const revision = Number(last.event.revision);
      if (isIdentity(data)) return { kind: 'log', identity: { logId: data.logId, epoch: data.epoch }, revision };
      if (hasLastEpoch(data)) return { kind: 'unfinished', logId: data.logId, lastEpoch: data.lastEpoch, revision };
    }
    throw new LogFormatError(`stream ${STREAM} does not hold a log's identity`);
  } catch (error) {
    if (error instanceof StreamNotFoundError) return { kind: 'none', revision: -1 };
    throw error;
  }
};

/** Answers false if another was first. */
export const writeIdentity = (
  connection: Connection,
  { kind, revision }: LogState,
  { logId, epoch }: LogIdentity,
): Promise<boolean> => write(connection, revision, kind === 'none' ? 'LogCreated' : 'LogEpochRaised', { logId, epoch });

/** The last epoch that services saw the log in; 0 for none. */
export const lastEpochOf = (state: LogState): number =>
  state.kind === 'log' ? state.identity.epoch : state.kind === 'unfinished' ? state.lastEpoch : 0;

/** No service takes it for a log any more until an identity is written. Answers false if another was first. */
export const writeMigrationBegun = (connection: Connection, state: LogState, logId: string): Promise<boolean> =>
  write(connection, state.revision, 'LogMigrationBegun', { logId, lastEpoch: lastEpochOf(state) });

/** Repeated with the same event id, it happens once. */
const write = async (
  connection: Connection,
  revision: number,
  type: string,
  data: Record<string, string | number>,
): Promise<boolean> => {
  const event = jsonEvent({ type, data });
  try {
    await connection.patiently(() => connection.append(STREAM, revision, [event]));
    return true;
  } catch (error) {
    if (error instanceof WrongExpectedVersionError) return false;
    throw error;
  }
};

const hasLogId = (data: unknown): data is { readonly logId: string } =>
  typeof data === 'object' &&
  data !== null &&
  'logId' in data &&
  typeof data.logId === 'string' &&
  /^[0-9a-f]{32}$/.test(data.logId);

const isIdentity = (data: { readonly logId: string }): data is LogIdentity =>
  'epoch' in data && Number.isSafeInteger(data.epoch);

const hasLastEpoch = (data: {
  readonly logId: string;
}): data is { readonly logId: string; readonly lastEpoch: number } =>
  'lastEpoch' in data && Number.isSafeInteger(data.lastEpoch);
