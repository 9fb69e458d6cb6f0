/** A test that did not pass, and why, as far as it said so. */
export interface NotPassed {
  readonly name: string;
  readonly reason?: string;
}

/** What came of one or more tests. */
export interface Tally {
  readonly passed: number;
  readonly failed: readonly NotPassed[];
  readonly skipped: readonly NotPassed[];
}

/** So much of a reason is told in a list. */
const REASON_CHARACTERS = 240;
/** So many failures are listed; the rest is counted. */
const LISTED_FAILURES = 20;

export const PASSED: Tally = { passed: 1, failed: [], skipped: [] };

export const failed = (failure: NotPassed): Tally => ({ passed: 0, failed: [failure], skipped: [] });

export const skipped = (test: NotPassed): Tally => ({ passed: 0, failed: [], skipped: [test] });

export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, tally) => total + tally.passed, 0),
    failed: tallies.flatMap((tally) => tally.failed),
    skipped: tallies.flatMap((tally) => tally.skipped),
  };
}

/** Where everything has to run, a test that did not is a failed one. */
export function withoutSkips({ passed, failed, skipped }: Tally): Tally {
  const notRun = skipped.map(({ name, reason = 'no note' }) => ({ name, reason: `skipped, ${reason}` }));
  return { passed, failed: [...failed, ...notRun], skipped: [] };
}

/** The line that a machine reads. */
export function summaryLine({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed.length} failed`;
  return skipped.length > 0 ? `${line}, ${skipped.length} skipped` : line;
}

/** The skipped tests under their reasons; `unset` names variables without which some tests cannot run. */
export function listSkipped(skipped: readonly NotPassed[], unset: readonly string[]): string {
  const unsaid = unset.length > 0 ? `no note; not set here: ${unset.join(', ')}` : 'no note';
  const byReason = Map.groupBy(skipped, ({ reason }) => reason ?? unsaid);
  return [...byReason]
    .map(([reason, tests]) => [`SKIPPED, ${reason}:`, ...tests.map(({ name }) => `  ${name}`)].join('\n'))
    .join('\n');
}

/** The failed tests, a line each with the beginning of its reason: what is left to read when all before has scrolled by. */
export function listFailed(failures: readonly NotPassed[]): string {
  const lines = failures.slice(0, LISTED_FAILURES).map(({ name, reason = 'no reason given' }) => {
    const line = reason.replaceAll(/\s+/g, ' ').trim();
    return `FAILED, ${name}: ${line.length > REASON_CHARACTERS ? `${line.slice(0, REASON_CHARACTERS)}...` : line}`;
  });
  const more = failures.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}
