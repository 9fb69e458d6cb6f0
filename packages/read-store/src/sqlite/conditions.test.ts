import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { understandFilter } from '../filter.ts';
import type { Filter } from '../port.ts';
import { toSql } from './conditions.ts';

/** Between which parameters of its statement SQLite goes through an index on the column `v` for a filter. */
function rangeInIndex(filter: Filter): unknown {
  const db = new DatabaseSync(':memory:');
  db.exec('create table t (v); create index i on t (v)');
  const column = { name: 'v', column: undefined };
  const where = toSql(understandFilter(filter), { column: () => column, irregular: () => false });
  const program = db.prepare(`explain select v from t indexed by i where ${where?.sql}`).all(...(where?.params ?? []));
  const boundOf = (opcode: RegExp): unknown => {
    const at = program.findIndex((step) => opcode.test(String(step.opcode)));
    const filled = program.slice(0, at).findLast(({ p2, opcode: of }) => p2 === program[at]?.p3 && of !== 'IsNull');
    return filled?.opcode === 'Variable' ? where?.params[Number(filled.p1) - 1] : filled?.opcode;
  };
  return { from: boundOf(/^Seek/), to: boundOf(/^Idx/) };
}

test('a range goes through an index between its own bounds, not those of the type', () => {
  expect(rangeInIndex({ v: { $gte: 'a/', $lt: 'a0' } })).toEqual({ from: 'a/', to: 'a0' });
  expect(rangeInIndex({ v: { $lt: 'a0', $gte: 'a/' } })).toEqual({ from: 'a/', to: 'a0' });
  expect(rangeInIndex({ v: { $gt: 3, $lte: 5 } })).toEqual({ from: 3, to: 5 });
});
