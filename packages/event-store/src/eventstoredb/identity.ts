import { randomBytes } from 'node:crypto';
import { BACKWARDS, END, jsonEvent, StreamNotFoundError, WrongExpectedVersionError } from '@eventstore/db-client';
import { LogFormatError } from '../errors.ts';
import type { LogIdentity } from '../port.ts';
import type { Connection } from './connection.ts';

/** Its name has no hash, so no read of events shows it. The last event of it holds. */
const STREAM = 'tenure-log';

const FIRST_EPOCH = 1;

/** The log's identity, made when there is none: of many who try at the same time, one makes it and all read it. */
export const ensureIdentity = async (connection: Connection): Promise<LogIdentity> => {
  const found = await readIdentity(connection);
  if (found) return found.identity;
  await writeIdentity(connection, -1, { logId: randomBytes(16).toString('hex'), epoch: FIRST_EPOCH });
  const made = await readIdentity(connection);
  if (!made) throw new LogFormatError(`the log has no identity: stream ${STREAM} is gone`);
  return made.identity;
};

/** A new life of the log. */
export const raiseEpoch = async (connection: Connection): Promise<LogIdentity> => {
  for (;;) {
    const found = await readIdentity(connection);
    const { logId, epoch } = found?.identity ?? (await ensureIdentity(connection));
    const raised = { logId, epoch: epoch + 1 };
    if (await writeIdentity(connection, found?.revision ?? 0, raised)) return raised;
  }
};

const readIdentity = async (
  connection: Connection,
): Promise<{ identity: LogIdentity; revision: number } | undefined> => {
  try {
    const [last] = await connection.read((client) =>
      client.readStream(STREAM, { direction: BACKWARDS, fromRevision: END, maxCount: 1, requiresLeader: true }),
    );
    const data = last?.event?.data;
    if (!last?.event || !isIdentity(data)) throw new LogFormatError(`stream ${STREAM} does not hold a log's identity`);
    return { identity: { logId: data.logId, epoch: data.epoch }, revision: Number(last.event.revision) };
  } catch (error) {
    if (error instanceof StreamNotFoundError) return undefined;
    throw error;
  }
};

/** Answers false if another was first. Repeated with the same event id, it happens once. */
const writeIdentity = async (connection: Connection, revision: number, identity: LogIdentity): Promise<boolean> => {
  const type = revision < 0 ? 'LogCreated' : 'LogEpochRaised';
  const event = jsonEvent({ type, data: { ...identity } });
  try {
    await connection.patiently(() => connection.append(STREAM, revision, [event]));
    return true;
  } catch (error) {
    if (error instanceof WrongExpectedVersionError) return false;
    throw error;
  }
};

const isIdentity = (data: unknown): data is LogIdentity =>
  typeof data === 'object' &&
  data !== null &&
  'logId' in data &&
  typeof data.logId === 'string' &&
  /^[0-9a-f]{32}$/.test(data.logId) &&
  'epoch' in data &&
  Number.isSafeInteger(data.epoch);
