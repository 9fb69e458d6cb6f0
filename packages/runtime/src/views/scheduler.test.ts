import { calendarOf } from '@tenure/domain';
import type { Document, ViewSet } from '@tenure/read-store';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Scheduler } from './scheduler.ts';
import type { Timer, ViewsContext } from './types.ts';

const patience = { timeout: 60_000, interval: 5 };

/** Documents as they stand, each due at its own instant, the first first. */
function documents(count: number): Map<string, Document> {
  return new Map(Array.from({ length: count }, (_, n) => [`d${n}`, { _id: `d${n}`, _times: { due: n } }]));
}

let scheduler: Scheduler | undefined;
afterEach(() => scheduler?.stop());

/** @param fire what comes of the documents that are due */
function startFiring(all: Map<string, Document>, fire: (due: readonly Document[]) => void): string[] {
  const failures: string[] = [];
  const views = {
    async *stream() {
      yield [...all.values()];
    },
  } as unknown as ViewSet;
  const timer: Timer = {
    name: 'boundary',
    service: 'test',
    collection: 'c',
    field: '_times.due',
    fire: async (due) => fire(due),
  };
  const subscription = { reached: async () => undefined } as unknown as ConstructorParameters<
    typeof Scheduler
  >[0]['projecting'];
  scheduler = new Scheduler({
    timers: [timer],
    context: {
      store: { head: async () => null },
      views,
      calendar: calendarOf('UTC'),
      now: () => 1e6,
    } as unknown as ViewsContext,
    projecting: subscription,
    recording: subscription,
    onFailure: (_, id) => failures.push(id),
    everyMs: 1,
  });
  scheduler.start();
  return failures;
}

describe('timers that are due', () => {
  it('are not starved by those of which nothing comes, as when their customers are parked', async () => {
    const all = documents(1_201);
    const fired: string[] = [];
    startFiring(all, (due) => {
      for (const { _id } of due) fired.push(_id);
      // Only the last of all moves when it is fired.
      if (due.some(({ _id }) => _id === 'd1200')) all.delete('d1200');
    });
    await vi.waitFor(() => expect(fired).toContain('d1200'), patience);
    expect(fired).toHaveLength(1_201);
    expect(new Set(fired).size).toBe(1_201);
  });

  it('fire again at once when they fall due at another instant', async () => {
    const all = documents(1);
    const fired: unknown[] = [];
    startFiring(all, ([document]) => {
      fired.push(document?._times);
      if (fired.length < 3) all.set('d0', { _id: 'd0', _times: { due: fired.length * 10 } });
    });
    await vi.waitFor(() => expect(fired).toEqual([{ due: 0 }, { due: 10 }, { due: 20 }]), patience);
  });

  it('are told once when they fail, and starve no other', async () => {
    const all = documents(3);
    const fired: string[] = [];
    const failures = startFiring(all, (due) => {
      if (due.some(({ _id }) => _id === 'd0')) throw new Error('it always fails');
      for (const { _id } of due) {
        fired.push(_id);
        all.delete(_id);
      }
    });
    await vi.waitFor(() => expect(fired).toEqual(['d1', 'd2']), patience);
    expect(failures).toEqual(['d0']);
  });
});
