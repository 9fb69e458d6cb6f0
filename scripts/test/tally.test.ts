import { expect, test } from 'vitest';
import { failed, listFailed, listSkipped, PASSED, skipped, sum, summaryLine, withoutSkips } from './tally.ts';

const notRun = sum([skipped({ name: 'a' }), skipped({ name: 'b', reason: 'no disk' })]);

test('the last line has what a machine counts', () => {
  expect(summaryLine(sum([PASSED, failed({ name: 'a' }), PASSED]))).toBe('2 passed, 1 failed');
  expect(summaryLine(sum([PASSED, notRun]))).toBe('1 passed, 0 failed, 2 skipped');
});

test('where everything has to run, a skipped test is a failed one', () => {
  expect(summaryLine(withoutSkips(sum([PASSED, notRun])))).toBe('1 passed, 2 failed');
});

test('skipped tests are listed with their reasons', () => {
  expect(listSkipped(notRun.skipped, ['TENURE_TEST_DATA'])).toBe(
    'SKIPPED, no note; not set here: TENURE_TEST_DATA:\n  a\nSKIPPED, no disk:\n  b',
  );
});

test('failed tests are listed in a line each', () => {
  expect(listFailed([{ name: 'a', reason: 'expected 1\n  to be 2' }, { name: 'b' }])).toBe(
    'FAILED, a: expected 1 to be 2\nFAILED, b: no reason given',
  );
  const many = Array.from({ length: 25 }, () => ({ name: 'a', reason: 'x'.repeat(1_000) }));
  const lines = listFailed(many).split('\n');
  expect(lines.length).toBe(21);
  expect(lines[0]?.length).toBeLessThan(300);
  expect(lines.at(-1)).toBe('and 5 more');
});
