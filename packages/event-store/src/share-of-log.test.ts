import { describe, expect, it } from 'vitest';
import { formatPosition as ofEventStoreDB } from './eventstoredb/position.ts';
import { shareOfLog } from './share-of-log.ts';
import { formatPosition as ofSqlite } from './sqlite/position.ts';

describe('the share of a log before a position', () => {
  it('is that of its events on SQLite, of its bytes on EventStoreDB', () => {
    expect(shareOfLog(ofSqlite(250_000), ofSqlite(1_000_000))).toBe(0.25);
    const at = (commit: bigint): string => ofEventStoreDB({ commit, prepare: commit });
    expect(shareOfLog(at(999_999n), at(1_000_000n))).toBeCloseTo(0.999999, 6);
  });

  it('is all of an empty log, nothing at the beginning, and never more than all', () => {
    expect(shareOfLog(null, null)).toBe(1);
    expect(shareOfLog(null, ofSqlite(5))).toBe(0);
    expect(shareOfLog(ofSqlite(7), ofSqlite(5))).toBe(1);
  });
});
