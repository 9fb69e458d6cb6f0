const isFull = process.env.TENURE_TEST_FULL === '1';

/** Parameters for `fc.assert`: so many runs, or so many more where there is time (TENURE_TEST_FULL=1). */
export function randomised(numRuns: number, numRunsFull = numRuns * 10): { numRuns: number } {
  return { numRuns: isFull ? numRunsFull : numRuns };
}

/** How long such a test may take, on a busy machine and with a failure to be narrowed down. */
export const randomisedMs = isFull ? 1_800_000 : 180_000;
