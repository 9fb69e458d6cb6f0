import { describe, expect, it, onTestFinished } from 'vitest';
import { createLagMeter } from './view-lag.ts';

describe('the lag of the views', () => {
  it('is the age of the oldest position that they lack, and nothing once they have all', async () => {
    let head: string | null = null;
    let views: string | null = '2';
    const errors: unknown[] = [];
    const meter = createLagMeter(
      async () => {
        if (head === 'broken') throw new Error('it cannot be read');
        return head;
      },
      () => views,
      (error) => errors.push(error),
    );
    onTestFinished(meter.stop);
    expect(meter.seconds()).toBe(0);
    head = '5';
    await expect.poll(meter.seconds, { timeout: 5_000 }).toBeGreaterThan(0.3);
    views = '4';
    expect(meter.seconds()).toBeGreaterThan(0.3);
    views = '5';
    expect(meter.seconds()).toBe(0);
    head = 'broken';
    await expect.poll(() => errors.length, { timeout: 5_000 }).toBeGreaterThan(0);
    expect(meter.seconds()).toBe(0);
  });
});
