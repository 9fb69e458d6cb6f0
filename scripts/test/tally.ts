/** A test that did not run, and why, as far as it said so. */
export interface Skipped {
  readonly name: string;
  readonly reason?: string;
}

/** What came of one or more tests. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skipped[];
}

export const PASSED: Tally = { passed: 1, failed: 0, skipped: [] };
export const FAILED: Tally = { passed: 0, failed: 1, skipped: [] };

export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, tally) => total + tally.passed, 0),
    failed: tallies.reduce((total, tally) => total + tally.failed, 0),
    skipped: tallies.flatMap((tally) => tally.skipped),
  };
}

/** Where everything has to run, a test that did not is a failed one. */
export function withoutSkips({ passed, failed, skipped }: Tally): Tally {
  return { passed, failed: failed + skipped.length, skipped: [] };
}

/** The line that a machine reads. */
export function summaryLine({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped.length > 0 ? `${line}, ${skipped.length} skipped` : line;
}

/** The skipped tests under their reasons; `unset` names variables without which some tests cannot run. */
export function listSkipped(skipped: readonly Skipped[], unset: readonly string[]): string {
  const unsaid = unset.length > 0 ? `no note; not set here: ${unset.join(', ')}` : 'no note';
  const byReason = Map.groupBy(skipped, ({ reason }) => reason ?? unsaid);
  return [...byReason]
    .map(([reason, tests]) => [`SKIPPED, ${reason}:`, ...tests.map(({ name }) => `  ${name}`)].join('\n'))
    .join('\n');
}
