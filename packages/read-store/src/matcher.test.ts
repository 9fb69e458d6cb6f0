import fc from 'fast-check';
import { Query } from 'mingo';
import { describe, expect, it } from 'vitest';
import { compileFilter } from './matcher.ts';
import type { Document, Filter, Json } from './port.ts';

const scalar = fc.oneof(fc.constantFrom(-1, 0, 1, 2.5), fc.constantFrom('', 'a', 'b', 'ab'), fc.boolean());
const plain: fc.Arbitrary<Json> = fc.option(scalar, { freq: 5 });
/** Where mingo agrees with MongoDB: no arrays on the way of a path, no strings beyond U+D7FF, no arrays in arrays. */
const document: fc.Arbitrary<Document> = fc
  .record(
    {
      p: fc.oneof(plain, fc.array(plain, { maxLength: 3 })),
      q: plain,
      r: fc.oneof(fc.record({ x: fc.oneof(plain, fc.array(plain, { maxLength: 2 })) }, { requiredKeys: [] }), plain),
    },
    { requiredKeys: [] },
  )
  .map((fields) => ({ _id: 'a', ...fields }));
const operators: fc.Arbitrary<Filter> = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte'), scalar),
      fc.tuple(fc.constantFrom('$eq', '$ne'), plain),
      fc.tuple(fc.constantFrom('$in', '$nin'), fc.array(plain, { maxLength: 3 })),
      fc.tuple(fc.constant('$exists'), fc.boolean()),
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((list) => Object.fromEntries(list));
const comparisons = operators.filter((one) => !('$exists' in one));
const test = fc.oneof(
  plain,
  operators,
  operators.map((inner) => ({ $not: inner })),
  comparisons.map((inner) => ({ $elemMatch: inner })),
);
const leaf: fc.Arbitrary<Filter> = fc
  .dictionary(fc.constantFrom('p', 'q', 'r.x'), test, { maxKeys: 2 })
  .map((one) => ({ ...one }));
const filter: fc.Arbitrary<Filter> = fc.oneof(
  leaf,
  fc
    .tuple(leaf, fc.constantFrom('$and', '$or'), fc.array(leaf, { minLength: 1, maxLength: 3 }))
    .map(([own, name, list]) => ({ ...own, [name]: list })),
);

describe('compileFilter', () => {
  it('selects what mingo selects, where mingo agrees with MongoDB', () => {
    fc.assert(
      fc.property(fc.array(document, { minLength: 1, maxLength: 5 }), filter, (documents, one) => {
        const mingo = new Query(one, {});
        const ours = compileFilter(one);
        for (const candidate of documents)
          expect(ours(candidate), JSON.stringify(candidate)).toBe(mingo.test(candidate));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    [{ 'lines.n': { $lt: 2, $gt: 4 } }, true],
    [{ 'lines.n': null }, true],
    [{ 'lines.n': { $gt: 8 } }, true],
    [{ lines: { $elemMatch: { $or: [{ n: 1 }, { n: 77 }] } } }, true],
    [{ lines: { $elemMatch: { $or: [{ n: 76 }, { n: 77 }] } } }, false],
    [{ lines: { $elemMatch: { $and: [{ n: 1 }, { n: 9 }] } } }, false],
    [{ 'lines.2.n': 9 }, true],
    [{ 'lists.0': 1 }, false],
    [{ 'lists.0': { $elemMatch: { $eq: 1 } } }, true],
    [{ 'lists.0.0': 1 }, true],
  ])('selects as MongoDB does where mingo differs from it: %j', (one, expected) => {
    const document = { _id: 'a', lines: [{ n: 1 }, {}, { n: [9, 5] }], lists: [[1], [2]] };
    expect(compileFilter(one)(document)).toBe(expected);
  });

  it('finds only what the document itself holds', () => {
    for (const name of ['constructor', 'toString', '__defineGetter__']) {
      expect(compileFilter({ [name]: { $exists: true } })({ _id: 'a' })).toBe(false);
      expect(compileFilter({ [`${name}.name`]: { $exists: true } })({ _id: 'a' })).toBe(false);
      expect(compileFilter({ [name]: 1 })({ _id: 'a', [name]: 1 })).toBe(true);
    }
  });
});
