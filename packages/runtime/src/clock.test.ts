import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createManualClock, openClock, startingAt, systemClock } from './clock.ts';

describe('clocks', () => {
  it('the system clock is the machine’s', () => {
    const before = Date.now();
    const now = openClock(systemClock).now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it('a clock that starts elsewhere runs on from there, the same wherever it is opened', async () => {
    const start = Date.parse('2011-03-01T00:00:00Z');
    const description = startingAt(start);
    const here = openClock(description);
    const there = openClock(structuredClone(description));
    expect(here.now() - start).toBeLessThan(1_000);
    expect(Math.abs(here.now() - there.now())).toBeLessThan(50);
    const before = here.now();
    await expect.poll(() => here.now()).toBeGreaterThan(before);
  });

  it('a manual clock stands still, and moves in all threads at once', async () => {
    const clock = createManualClock(1_000);
    const module = new URL('./clock.ts', import.meta.url).href;
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       import(${JSON.stringify(module)}).then(({ openClock }) => {
         const clock = openClock(workerData);
         parentPort.on('message', () => parentPort.postMessage(clock.now()));
         parentPort.postMessage('open');
       });`,
      { eval: true, workerData: clock.description },
    );
    const next = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
    await next();
    worker.postMessage('');
    expect(await next()).toBe(1_000);
    clock.advance(500);
    clock.set(clock.now() + 1);
    worker.postMessage('');
    expect(await next()).toBe(1_501);
    await worker.terminate();
  });
});
