import { expect, test } from 'vitest';
import { FAILED, listSkipped, PASSED, sum, summaryLine, withoutSkips } from './tally.ts';

const skipped = { passed: 0, failed: 0, skipped: [{ name: 'a' }, { name: 'b', reason: 'no disk' }] };

test('the last line has what a machine counts', () => {
  expect(summaryLine(sum([PASSED, FAILED, PASSED]))).toBe('2 passed, 1 failed');
  expect(summaryLine(sum([PASSED, skipped]))).toBe('1 passed, 0 failed, 2 skipped');
});

test('where everything has to run, a skipped test is a failed one', () => {
  expect(summaryLine(withoutSkips(sum([PASSED, skipped])))).toBe('1 passed, 2 failed');
});

test('skipped tests are listed with their reasons', () => {
  expect(listSkipped(skipped.skipped, ['TENURE_TEST_DATA'])).toBe(
    'SKIPPED, no note; not set here: TENURE_TEST_DATA:\n  a\nSKIPPED, no disk:\n  b',
  );
});
