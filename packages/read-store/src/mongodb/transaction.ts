import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type ClientSession, type MongoClient, MongoError } from 'mongodb';

/** How long a write is tried again, in ms: a replica set needs some seconds to elect a new primary. */
const PATIENCE_MS = 15_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 500;

export interface Attempt {
  readonly session: ClientSession;
  /** Whether an attempt before this one may have been committed, without an answer. */
  readonly maybeDone: boolean;
}

/**
 * Runs work in a transaction and commits it, durably on a majority. It is tried again, with growing pauses, while
 * MongoDB says that this may help: two transactions that write the same document, a server that goes away.
 */
export async function inTransaction(client: MongoClient, work: (attempt: Attempt) => Promise<void>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  let maybeDone = false;
  const commit = async (session: ClientSession): Promise<void> => {
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      try {
        await session.commitTransaction();
        return;
      } catch (reason) {
        if (!hasLabel(reason, 'UnknownTransactionCommitResult')) throw reason;
        maybeDone = true;
        if (performance.now() > deadline) throw reason;
        await rest(pause);
      }
    }
  };
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    const session = client.startSession();
    try {
      session.startTransaction({
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', journal: true },
      });
      await work({ session, maybeDone });
      await commit(session);
      return;
    } catch (reason) {
      if (session.inTransaction()) await session.abortTransaction();
      if (!hasLabel(reason, 'TransientTransactionError') || performance.now() > deadline) throw reason;
    } finally {
      await session.endSession();
    }
    await rest(pause);
  }
}

/** A random part of the pause, so that two writers do not meet again. */
async function rest(pauseMs: number): Promise<void> {
  const most = Math.min(pauseMs, LONGEST_PAUSE_MS);
  await setTimeout(randomInt(Math.ceil(most / 2), most + 1));
}

function hasLabel(reason: unknown, label: string): boolean {
  return reason instanceof MongoError && reason.hasErrorLabel(label);
}
