import { defaultLifecycle } from '@tenure/domain';
import { createLog, createManualClock, type Replay, type Replays, type ServiceContext } from '@tenure/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Question, WhatIfJobs } from './jobs.ts';
import type { Found } from './tally.ts';

/** A replay that ends when the test says so. */
interface Held {
  finish(found: readonly Found[] | undefined): void;
  fail(error: Error): void;
  isCancelled: boolean;
}

const nothing: Found = {
  customers: 0,
  moved: 0,
  more: 0,
  fewer: 0,
  balance: { before: 0, after: 0 },
  stage: [],
  tier: [],
  satisfactionBand: [],
  points: [],
  modelStage: [],
  stageByModelStage: [],
  unreadable: { customers: 0, examples: [] },
};
const clock = createManualClock(Date.UTC(2026, 2, 1));
const question: Question = {
  draft: { policy: 'lifecycle', stages: defaultLifecycle.stages },
  effectiveFrom: undefined,
  asOf: clock.now(),
  knownAt: undefined,
};

let held: Held[];
let jobs: WhatIfJobs;
beforeEach(() => {
  held = [];
  const replays: Pick<Replays, 'start'> = {
    start<R>(): Replay<R> {
      const { promise, resolve, reject } = Promise.withResolvers<readonly R[] | undefined>();
      const replay: Held = {
        finish: (found) => resolve(found as readonly R[] | undefined),
        fail: reject,
        isCancelled: false,
      };
      held.push(replay);
      return {
        results: promise,
        progress: () => ({ done: 1, total: 2, perSecond: 1, secondsLeft: 1 }),
        cancel: () => {
          replay.isCancelled = true;
          resolve(undefined);
        },
      };
    },
  };
  const store = { head: async () => '0000000000000001', readStream: async () => [] };
  const log = createLog({ level: 'silent', service: 'test' });
  jobs = new WhatIfJobs({ store, replays, clock, log } as unknown as ServiceContext);
});

const start = (id: string) => jobs.start(id, question);
/** Lets what was resolved be taken in. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what-ifs', () => {
  it('are two at once: a third is told to come again, and may once one has ended', async () => {
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(start));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    await expect(start('c')).rejects.toMatchObject({ code: 'too-many-requests', headers: { 'retry-after': '1' } });
    held[0]?.finish([nothing]);
    await turn();
    await expect(start('c')).resolves.toMatchObject({ isNew: true });
  });

  it('are the same for the same id, also while the first is on its way', async () => {
    const [one, other] = await Promise.all([start('a'), start('a')]);
    expect([one?.isNew, other?.isNew]).toEqual([true, false]);
    expect(one?.job).toBe(other?.job);
    expect((await start('a')).job).toBe(one?.job);
    expect(held).toHaveLength(1);
  });

  it('are done with a result, by threads that found nobody too', async () => {
    const { job } = await start('a');
    expect(job.outcome).toEqual({ status: 'running' });
    held[0]?.finish([nothing, { ...nothing, customers: 3, moved: 2 }]);
    await turn();
    expect(job.outcome).toMatchObject({ status: 'done', finishedAt: clock.now(), result: { customers: 3, moved: 2 } });
    await expect(jobs.cancel('a')).rejects.toMatchObject({ code: 'wrong-status' });
  });

  it('end when they are cancelled, and stay so', async () => {
    const { job } = await start('a');
    expect((await jobs.cancel('a')).outcome.status).toBe('cancelled');
    expect(held[0]?.isCancelled).toBe(true);
    expect((await jobs.cancel('a')).outcome).toEqual(job.outcome);
  });

  it('say why they failed, and leave their place to others', async () => {
    const { job } = await start('a');
    held[0]?.fail(new Error('the store was closed'));
    await turn();
    expect(job.outcome).toMatchObject({ status: 'failed', reason: 'the store was closed' });
    await start('b');
    await expect(start('c')).resolves.toMatchObject({ isNew: true });
  });

  it('are kept until 20 others have come; those at work stay', async () => {
    await start('at work');
    for (let number = 0; number < 25; number++) {
      await start(String(number));
      held.at(-1)?.finish([nothing]);
      await turn();
    }
    expect(jobs.get('at work').outcome.status).toBe('running');
    expect(() => jobs.get('5')).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(jobs.get('6').outcome.status).toBe('done');
    expect(() => jobs.get('nobody')).toThrow('forgotten when the process');
  });
});
