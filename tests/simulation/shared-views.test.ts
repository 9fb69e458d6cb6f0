import { expect, it } from 'vitest';
import { isFull } from '../support/chance.ts';
import { playShared } from './shared-views.ts';

const given = process.env.TENURE_TEST_PLAY;
const seeds =
  given === undefined ? Array.from({ length: isFull ? 100 : 10 }, (_, index) => index + 1) : [parseInt(given, 10)];

it.each(seeds)(
  'I5, I23: processes that fold the same views, step by step (seed %i)',
  async (seed) => {
    const { trace, failure } = await playShared(seed);
    if (failure === undefined) return;
    process.stdout.write(`${trace.lines.join('\n')}\n`);
    const again = `TENURE_TEST_PLAY=${seed} npm test -- tests/simulation/shared-views.test.ts`;
    throw new Error(`${failure instanceof Error ? failure.message : String(failure)}\n${again}`, { cause: failure });
  },
  600_000,
);

it('I5: a seed is played again step by step', async () => {
  const [once, again] = [await playShared(6), await playShared(6)];
  expect(again.trace.lines).toEqual(once.trace.lines);
  expect((await playShared(5)).trace.hash).not.toBe(once.trace.hash);
});
