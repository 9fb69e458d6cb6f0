import fc from 'fast-check';
import type { Document, Filter, Json, SortKey } from '../port.ts';

const scalar: fc.Arbitrary<string | number | boolean> = fc.oneof(
  fc.constantFrom(-1, 0, 1, 2.5),
  fc.constantFrom('', 'a', 'b', 'é', '\uFFFD', '\u{1F600}'),
  fc.boolean(),
);
/** Values that are neither objects nor arrays. */
export const plain: fc.Arbitrary<Json> = fc.option(scalar, { freq: 5 });
/** Values of any kind. */
export const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: plain },
  { weight: 1, arbitrary: fc.array(plain, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ x: plain }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.array(fc.record({ x: plain }, { requiredKeys: [] }), { maxLength: 2 }) },
);

const field = fc.constantFrom('p', 'q', 'r', 'r.x', 's', 'n', '_id');

/** Documents with these values, which fields some of them lack. */
export function documents(content: fc.Arbitrary<Json>): fc.Arbitrary<readonly Document[]> {
  const fields = fc.record({ p: plain, q: content, r: content, s: content }, { requiredKeys: [] });
  return fc
    .array(fields, { minLength: 1, maxLength: 25 })
    .map((list) => list.map((one, i) => ({ _id: `${['a', 'b', '\u{1F600}', '\uFFFD'][i % 4]}${i}`, ...one })));
}

const operator = fc.oneof(
  fc.tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte'), scalar),
  fc.tuple(fc.constantFrom('$eq', '$ne'), plain),
  fc.tuple(fc.constantFrom('$in', '$nin'), fc.array(plain, { maxLength: 3 })),
  fc.tuple(fc.constant('$exists'), fc.boolean()),
);
const operators = fc.array(operator, { minLength: 1, maxLength: 2 }).map((list): Filter => Object.fromEntries(list));
const test = fc.oneof(
  { weight: 3, arbitrary: plain },
  { weight: 5, arbitrary: operators },
  { weight: 1, arbitrary: operators.map((inner) => ({ $not: inner })) },
  { weight: 1, arbitrary: operators.map((inner) => ({ $elemMatch: inner })) },
  { weight: 1, arbitrary: operators.map((inner) => ({ $elemMatch: { x: inner } })) },
);
const leaf: fc.Arbitrary<Filter> = fc.dictionary(field, test, { maxKeys: 3 }).map((one) => ({ ...one }));
const filter: fc.Arbitrary<Filter> = fc.oneof(
  { weight: 3, arbitrary: leaf },
  {
    weight: 1,
    arbitrary: fc
      .tuple(leaf, fc.constantFrom('$and', '$or'), fc.array(leaf, { minLength: 1, maxLength: 3 }))
      .map(([own, name, list]) => ({ ...own, [name]: list })),
  },
);
const sort: fc.Arbitrary<readonly SortKey[]> = fc.array(
  fc.record({ field, direction: fc.constantFrom(1 as const, -1 as const) }),
  { maxLength: 3 },
);

/** A filter, a sort, which row to go on after, and a limit (0: none). */
export type Query = readonly [filter: Filter, sort: readonly SortKey[], from: number, limit: number];
export const query: fc.Arbitrary<Query> = fc.tuple(filter, sort, fc.nat(), fc.nat(8));
