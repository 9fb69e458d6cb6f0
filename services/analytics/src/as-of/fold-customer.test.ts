import { Problem } from '@tenure/runtime';
import { expect, it } from 'vitest';
import { type FoldReason, mostFolded, refuseToFold } from './fold-customer.ts';

function refusal(count: number, reason: FoldReason): unknown {
  try {
    refuseToFold(count, reason);
  } catch (error) {
    if (error instanceof Problem) return [error.code, error.errors.map(({ pointer }) => pointer)];
    throw error;
  }
  return undefined;
}

it('refuses to fold too many: for now where the views will tell in a while, else naming what to ask otherwise', () => {
  expect(refusal(mostFolded, 'untold')).toBeUndefined();
  expect(refusal(mostFolded + 1, 'not-yet-recorded')).toEqual(['views-unavailable', []]);
  expect(refusal(mostFolded + 1, 'known-since')).toEqual(['as-of-unsupported', ['/knownAt']]);
  expect(refusal(mostFolded + 1, 'untold')).toEqual(['as-of-unsupported', ['/asOf']]);
});
