import { describe, expect, it } from 'vitest';
import { aggregate } from './aggregation.ts';

describe('aggregate', () => {
  it('counts nothing as MongoDB does: with no row', () => {
    expect(aggregate([], [{ $count: 'rows' }])).toEqual([]);
    expect(aggregate([{ a: 1 }, {}], [{ $count: 'rows' }])).toEqual([{ rows: 2 }]);
  });

  it('refuses a pipeline that is not in the language before it looks at any document', () => {
    expect(() => aggregate([], [{ $group: { _id: { $function: 'x' } } }])).toThrow('$function');
  });
});
