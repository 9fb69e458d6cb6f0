import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { UnreadableEventError } from '@tenure/contracts';
import { calendarOf } from '@tenure/domain';
import { openClock } from '../clock.ts';
import { connectLog } from '../engines/log-access.ts';
import { factsOfHistory, readHistory } from '../views/history.ts';
import { yieldToWrites } from '../views/yield-to-writes.ts';
import { findCustomers, idBytes } from './find-customers.ts';
import type { ReplayMessage, ReplayRequest, ReplayThreadOptions } from './protocol.ts';
import { SharedProgress } from './shared-progress.ts';
import type { CreateTally, ReplayTally } from './types.ts';

/** One thread of a replay: finds all customers, or folds some of them. It reads, and writes nothing. */
const options = workerData as ReplayThreadOptions;
const port = parentPort;
if (port === null) throw new Error('a replay is a worker thread');
const say = (message: ReplayMessage<unknown>): void => port.postMessage(message);

/** Ids taken at once, and how many of them are read together: a log that is away in a network answers many at a time. */
const atOnce = 64;
const lanes = 8;

// Heard from the start: what comes while something is at work waits for its turn.
const requests: AsyncIterable<readonly ReplayRequest[]> = on(port, 'message');
const progress = new SharedProgress(options.progress);
yieldToWrites();
const clock = openClock(options.clock);
const { store } = await connectLog(options.log, { now: clock.now, onIndexFault: () => undefined });
try {
  for await (const [request] of requests) {
    if (request === undefined || request.kind === 'end') break;
    if (request.kind === 'fold') say({ kind: 'folded', result: await fold(Buffer.from(request.ids)) });
    else say({ kind: 'found', ids: await findCustomers(store, options.known, () => progress.isCancelled) });
  }
} catch (error) {
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
} finally {
  await store.close();
  port.close();
}

async function fold(ids: Buffer): Promise<unknown> {
  const { createTally } = (await import(options.module)) as { createTally: CreateTally<unknown> };
  const tally = createTally(options.options, calendarOf(options.zone));
  const total = ids.length / idBytes;
  for (let first = progress.take(atOnce); first < total; first = progress.take(atOnce)) {
    let next = first;
    const end = Math.min(first + atOnce, total);
    const lane = async (): Promise<void> => {
      while (next < end && !progress.isCancelled) {
        const place = next++ * idBytes;
        await foldOne(ids.toString('hex', place, place + idBytes), tally);
        progress.addDone();
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }
  return tally.result();
}

/** A customer of several ids is met under each of them, and counts under the canonical one. */
async function foldOne(id: string, tally: ReplayTally): Promise<void> {
  try {
    const history = await readHistory(store, id, options.known);
    if (history?.canonicalId === id) tally.add({ canonicalId: id, facts: factsOfHistory(history) });
  } catch (error) {
    if (!(error instanceof UnreadableEventError)) throw error;
    tally.addUnreadable(id, error.message);
  }
}
