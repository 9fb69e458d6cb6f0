import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from './port.ts';
import { compareValues, placeOf, sortDocuments, sortValue } from './sort.ts';

describe('compareValues', () => {
  it('orders types as MongoDB does', () => {
    const ordered: readonly Json[] = [
      [],
      null,
      -1,
      0,
      2.5,
      '',
      'A',
      'a',
      'é',
      { x: 1 },
      { y: 1 },
      { x: '' },
      [1],
      false,
      true,
    ];
    const shuffled = [...ordered].reverse();
    expect(shuffled.sort(compareValues)).toEqual(ordered);
  });

  it('orders strings by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareValues(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2_000 },
    );
    expect(compareValues('\uFFFD', '\u{1F600}')).toBeLessThan(0);
  });

  it('is a total order', () => {
    const any = fc.jsonValue().map((value) => value as Json);
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        const sign = (order: number): number => Math.sign(order) + 0;
        expect(sign(compareValues(a, b))).toBe(-sign(compareValues(b, a)) + 0);
        if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0) expect(compareValues(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('sortValue', () => {
  it('takes the least of several values ascending and the greatest descending', () => {
    const document = { _id: 'a', v: [3, 1, 'x'], lines: [{ n: 5 }, {}, { n: [7, 2] }], empty: [] };
    expect([sortValue(document, 'v', 1), sortValue(document, 'v', -1)]).toEqual([1, 'x']);
    expect([sortValue(document, 'lines.n', 1), sortValue(document, 'lines.n', -1)]).toEqual([null, 7]);
    expect([sortValue(document, 'empty', 1), sortValue(document, 'empty', -1)]).toEqual([[], []]);
    expect(sortValue(document, 'none.x', 1)).toBeNull();
    expect(placeOf(document, [{ field: 'v', direction: -1 }])).toEqual(['x', 'a']);
  });
});

describe('sortDocuments', () => {
  it('breaks ties by _id, whichever the direction, and begins after a place', () => {
    const documents = ['c', 'a', 'b'].map((_id) => ({ _id, v: 1 }));
    for (const direction of [1, -1] as const) {
      const sort = [{ field: 'v', direction }];
      expect(sortDocuments(documents, sort).map(({ _id }) => _id)).toEqual(['a', 'b', 'c']);
      expect(sortDocuments(documents, sort, [1, 'a']).map(({ _id }) => _id)).toEqual(['b', 'c']);
    }
  });
});
