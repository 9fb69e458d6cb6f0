import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventId } from '@tenure/event-store';
import { connectSqliteEventStore, type LogWriter, startLogWriter } from '@tenure/event-store/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../clock.ts';
import type { TallyFixture } from './fixtures/tally.ts';
import { createReplays, type Replays } from './replays.ts';

const module = new URL('./fixtures/tally.ts', import.meta.url).href;
const clock = createManualClock(Date.UTC(2026, 2, 1));

let directory: string;
let writer: LogWriter;
let replays: Replays;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-replays-'));
  writer = await startLogWriter({ directory });
  replays = createReplays({
    access: () => ({ kind: 'sqlite', connection: writer.connect() }),
    clock: clock.description,
    zone: 'UTC',
  });
});
afterEach(async () => {
  await replays.close();
  await writer.close();
  rmSync(directory, { recursive: true, force: true });
});

const idOf = (number: number): string => number.toString(16).padStart(32, '0');

/** Registers customers, some linked to the one before, one with an event that nobody can read. @returns the log's head */
async function register(
  count: number,
  linked: ReadonlySet<number> = new Set(),
  odd?: number,
  from = 0,
): Promise<string> {
  const store = connectSqliteEventStore(writer.connect(), { now: clock.now });
  const event = (id: string, name: string, data: object, index: number) => ({
    id: eventId(id, index),
    type: name,
    version: 1,
    customerId: id,
    occurredAt: clock.now(),
    data,
    metadata: { actor: 'a', service: 's', commandId: id, causationId: id, correlationId: id },
  });
  for (let number = from; number < from + count; number++) {
    const [id, other] = [idOf(number), idOf(number - 1)];
    const link = (one: string, otherCustomerId: string) => event(one, 'KeyLinked', { otherCustomerId }, 1);
    const links = linked.has(number)
      ? [
          { stream: `profile-${other}`, expected: 0, events: [link(other, id)] },
          { stream: `profile-${id}`, expected: 0, events: [link(id, other)] },
        ]
      : [];
    const registered = event(id, 'CustomerRegistered', { source: 's', via: 'fact' }, 0);
    const events = number === odd ? [registered, event(id, 'FromTheFuture', {}, 1)] : [registered];
    await store.append([[{ stream: `profile-${id}`, expected: 'absent', events }, ...links]]);
  }
  const head = (await store.head()) ?? '';
  await store.close();
  return head;
}

const start = (options: TallyFixture, upTo: string) =>
  replays.start<readonly string[]>({ module, options, known: { upTo } });

describe('a replay', () => {
  it('meets everybody once, who has two keys too, and nobody who came later', async () => {
    const upTo = await register(70, new Set([5, 69]));
    await register(3, new Set(), undefined, 1_000);
    const replay = start({}, upTo);
    const found = (await replay.results)?.flat().toSorted();
    const expected = Array.from({ length: 70 }, (_, number) => idOf(number));
    expect(found).toEqual(expected.filter((_, number) => number !== 5 && number !== 69));
    expect(replay.progress()).toMatchObject({ done: 70, total: 70, secondsLeft: 0 });
  });

  it('tells of those whose history cannot be read, and goes on', async () => {
    const upTo = await register(3, new Set(), 1);
    const found = (await start({}, upTo).results)?.flat().toSorted();
    expect(found).toEqual([idOf(0), `${idOf(1)}: unknown event type FromTheFuture`, idOf(2)]);
  });

  it('of an empty log finds nobody', async () => {
    expect(await start({}, '').results).toEqual([[]]);
  });

  it('ends within the customer that it is at when it is cancelled', async () => {
    const upTo = await register(70);
    const gate = new SharedArrayBuffer(8);
    const cells = new Int32Array(gate);
    const replay = start({ gate }, upTo);
    // It waits at its third customer.
    await Atomics.waitAsync(cells, 0, 0).value;
    replay.cancel();
    Atomics.store(cells, 1, 1);
    Atomics.notify(cells, 1);
    expect(await replay.results).toBeUndefined();
    expect(replay.progress().done).toBeLessThan(70);
  });

  it('fails with what a thread failed with, and leaves nothing at work', async () => {
    const upTo = await register(3);
    await expect(start({ failsAt: idOf(1) }, upTo).results).rejects.toThrow('cannot count this one');
    expect((await start({}, upTo).results)?.flat()).toHaveLength(3);
  });

  it('is ended by the process that it runs in', async () => {
    const upTo = await register(70);
    const gate = new SharedArrayBuffer(8);
    const cells = new Int32Array(gate);
    const replay = start({ gate }, upTo);
    await Atomics.waitAsync(cells, 0, 0).value;
    const closed = replays.close();
    Atomics.store(cells, 1, 1);
    Atomics.notify(cells, 1);
    await closed;
    expect(await replay.results).toBeUndefined();
  });
});
