/** What chance starts from: FC_SEED, else another one each time. */
const seed = process.env.FC_SEED === undefined ? Date.now() % 2 ** 31 : Number(process.env.FC_SEED);
if (!Number.isInteger(seed)) throw new Error(`FC_SEED is no whole number: ${process.env.FC_SEED}`);

const isFull = process.env.TENURE_TEST_FULL === '1';

/**
 * Parameters for `fc.assert`: so many runs, or so many more where there is time (TENURE_TEST_FULL=1). Says the seed, so
 * that a run can be had again with FC_SEED.
 */
export function randomised(numRuns: number, numRunsFull = numRuns * 10): { seed: number; numRuns: number } {
  process.stderr.write(`FC_SEED=${seed}\n`);
  return { seed, numRuns: isFull ? numRunsFull : numRuns };
}

/** How long such a test may take, on a busy machine and with a failure to be narrowed down. */
export const randomisedMs = isFull ? 1_800_000 : 180_000;
