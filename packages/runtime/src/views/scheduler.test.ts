import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calendarOf } from '@tenure/domain';
import { StoreUnavailableError } from '@tenure/event-store';
import { openSqliteEventStore, type SqliteEventStore } from '@tenure/event-store/sqlite';
import type { Document, ReadStore, ViewSet } from '@tenure/read-store';
import { openSqliteReadStore } from '@tenure/read-store/sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ParkedTimers, parkedTimersCollection } from './parked-timers.ts';
import { Scheduler } from './scheduler.ts';

const patience = { timeout: 60_000, interval: 5 };
const collection = 'visits';

let directory: string;
let store: SqliteEventStore;
let readStore: ReadStore;
let views: ViewSet;
let state: ViewSet;
let parked: ParkedTimers;
let schedulers: Scheduler[];
let failures: string[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-scheduler-'));
  store = await openSqliteEventStore({ directory });
  readStore = openSqliteReadStore({ directory, role: 'writer' });
  views = await readStore.open('views', [{ name: collection, indexes: [{ fields: ['times.due'] }] }]);
  state = await readStore.open('state', [parkedTimersCollection]);
  parked = await ParkedTimers.load(state);
  schedulers = [];
  failures = [];
});
afterEach(async () => {
  await stopAll();
  await readStore.close();
  await store.close();
  rmSync(directory, { recursive: true });
});

/** Documents that are due, each at its own instant. */
async function put(...numbers: readonly number[]): Promise<void> {
  const replaces = numbers.map((n) => {
    const id = `d${n}`;
    return { collection, id, document: { _id: id, times: { due: n } }, guard: '0', expected: null };
  });
  await views.write({ replaces });
}

async function move(id: string, due: number | null): Promise<void> {
  const expected = (await views.get(collection, id))?.guard ?? null;
  const document = due === null ? null : { _id: id, times: { due } };
  await views.write({ replaces: [{ collection, id, document, guard: String(Math.random()), expected }] });
}

/** @param fire what comes of the documents that are due */
function startFiring(
  fire: (due: readonly Document[]) => void | Promise<void>,
  owns: (key: string) => boolean = () => true,
): Scheduler {
  const subscription = { reached: async () => undefined };
  const scheduler = new Scheduler({
    timers: [
      {
        name: 'boundary',
        service: 'test',
        collection,
        field: 'times.due',
        key: ({ _id }) => _id,
        fire: async (due) => fire(due),
      },
    ],
    context: { store, views, calendar: calendarOf('UTC'), now: () => 1e6 },
    projecting: subscription,
    recording: subscription,
    owns,
    parked,
    onParked: () => undefined,
    onFailure: (_, id) => failures.push(id),
    everyMs: 1,
    retriesAfterMs: [1, 1],
  });
  scheduler.start();
  schedulers.push(scheduler);
  return scheduler;
}

async function stopAll(): Promise<void> {
  for (const scheduler of schedulers.splice(0)) await scheduler.stop();
}

/** Fires what is due, but `failing`. */
function firing(failing: () => string | undefined): { readonly fired: string[]; readonly fire: typeof fire } {
  const fired: string[] = [];
  const fire = async (due: readonly Document[]): Promise<void> => {
    if (due.some(({ _id }) => _id === failing())) throw new Error('it fails');
    for (const { _id } of due) {
      fired.push(_id);
      await move(_id, null);
    }
  };
  return { fired, fire };
}

const waiting = (): readonly string[] => parked.waiting.map(({ document }) => document);

describe('timers that are due', () => {
  it('are not starved by those of which nothing comes, as when their customers are parked', async () => {
    await put(...Array(1_201).keys());
    const fired: string[] = [];
    startFiring(async (due) => {
      for (const { _id } of due) fired.push(_id);
      // Only the last of all moves when it is fired.
      if (due.some(({ _id }) => _id === 'd1200')) await move('d1200', null);
    });
    await vi.waitFor(() => expect(fired).toContain('d1200'), patience);
    expect(fired).toHaveLength(1_201);
    expect(new Set(fired).size).toBe(1_201);
  });

  it('fire again at once when they fall due at another instant', async () => {
    await put(0);
    const fired: unknown[] = [];
    startFiring(async ([document]) => {
      fired.push(document?.times);
      if (fired.length < 3) await move('d0', fired.length * 10);
    });
    await vi.waitFor(() => expect(fired).toEqual([{ due: 0 }, { due: 10 }, { due: 20 }]), patience);
  });

  it('fire in the process that has their key, and in no other', async () => {
    await put(...Array(20).keys());
    const isEven = (key: string): boolean => Number(key.slice(1)) % 2 === 0;
    const [even, odd] = [firing(() => undefined), firing(() => undefined)];
    startFiring(even.fire, isEven);
    startFiring(odd.fire, (key) => !isEven(key));
    await vi.waitFor(() => expect([...even.fired, ...odd.fired]).toHaveLength(20), patience);
    expect(even.fired.every(isEven)).toBe(true);
    expect(odd.fired.some(isEven)).toBe(false);
  });
});

describe('a timer that fails', () => {
  it('is tried so many times, then parked where it survives the process, and starves no other', async () => {
    await put(0, 1, 2);
    const { fired, fire } = firing(() => 'd0');
    startFiring(fire);
    await vi.waitFor(() => expect(waiting()).toEqual(['d0']), patience);
    expect(fired).toEqual(['d1', 'd2']);
    expect(failures).toEqual(['d0', 'd0', 'd0']);
    await stopAll();

    parked = await ParkedTimers.load(state);
    expect(parked.waiting).toMatchObject([{ timer: 'boundary', document: 'd0', dueAt: 0, reason: 'it fails' }]);
    await put(3);
    const later = firing(() => undefined);
    startFiring(later.fire);
    await vi.waitFor(() => expect(later.fired).toEqual(['d3']), patience);
  });

  it('fires when it is replayed, or stays parked', async () => {
    await put(0);
    let failing: string | undefined = 'd0';
    const { fired, fire } = firing(() => failing);
    const scheduler = startFiring(fire);
    await vi.waitFor(() => expect(waiting()).toEqual(['d0']), patience);
    const [row] = parked.waiting;
    expect(await scheduler.replay(row?.id ?? '')).toBe('parked-again');
    expect(waiting()).toEqual(['d0']);
    failing = undefined;
    expect(await scheduler.replay(row?.id ?? '')).toBe('released');
    expect([fired, waiting()]).toEqual([['d0'], []]);
    expect(await scheduler.replay(row?.id ?? '')).toBe('unknown');
  });

  it('does not fire any more once it is dropped, until it falls due at another instant', async () => {
    await put(0);
    let failing: string | undefined = 'd0';
    const { fired, fire } = firing(() => failing);
    const scheduler = startFiring(fire);
    await vi.waitFor(() => expect(waiting()).toEqual(['d0']), patience);
    expect(await scheduler.drop(parked.waiting[0]?.id ?? '')).toBe('released');
    expect(waiting()).toEqual([]);
    failing = undefined;
    await put(1);
    await vi.waitFor(() => expect(fired).toEqual(['d1']), patience);
    await move('d0', 5);
    await vi.waitFor(() => expect(fired).toEqual(['d1', 'd0']), patience);
  });

  it('is parked no more once its document has moved', async () => {
    await put(0);
    const { fire } = firing(() => 'd0');
    startFiring(fire);
    await vi.waitFor(() => expect(waiting()).toEqual(['d0']), patience);
    await stopAll();
    await move('d0', 2e6);
    startFiring(fire);
    await vi.waitFor(() => expect(parked.all).toEqual([]), patience);
  });

  it('is not parked for what passes, such as a store that is away', async () => {
    await put(0, 1);
    let left = 10;
    const { fired, fire } = firing(() => undefined);
    startFiring(async (due) => {
      if (left-- > 0) throw new StoreUnavailableError('it is away');
      await fire(due);
    });
    await vi.waitFor(() => expect(fired).toEqual(['d0', 'd1']), patience);
    expect(parked.all).toEqual([]);
    // Of the timer, not of what fell due.
    expect(new Set(failures)).toEqual(new Set(['']));
  });

  it('starves no other, though its own stream be unavailable for ever', async () => {
    await put(0, 1, 2);
    const { fired, fire } = firing(() => undefined);
    startFiring(async (due) => {
      if (due.some(({ _id }) => _id === 'd0')) throw new StoreUnavailableError('its stream is deleted');
      await fire(due);
    });
    await vi.waitFor(() => expect(fired).toEqual(['d1', 'd2']), patience);
  });

  it('is not fired by who has not heard yet that it was dropped elsewhere', async () => {
    await put(0);
    let failing: string | undefined = 'd0';
    const { fired, fire } = firing(() => failing);
    const scheduler = startFiring(fire);
    await vi.waitFor(() => expect(waiting()).toEqual(['d0']), patience);
    const elsewhere = await ParkedTimers.load(state);
    const [row] = elsewhere.waiting;
    if (row === undefined) throw new Error('it is parked');
    expect(await elsewhere.drop(row)).toBe(true);
    failing = undefined;
    expect(await scheduler.replay(row.id)).toBe('unknown');
    expect([await parked.release(row), fired, parked.all.length]).toEqual([false, [], 1]);
  });
});
