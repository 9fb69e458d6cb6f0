import { describe, expect, it } from 'vitest';
import { FilterError, parseFilter } from './filter.ts';

function refusal(input: unknown): FilterError {
  try {
    parseFilter(input);
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
  throw new Error(`not refused: ${JSON.stringify(input)}`);
}

function nest(depth: number, wrap: (inner: unknown) => unknown, innermost: unknown): unknown {
  let filter = innermost;
  for (let i = 0; i < depth; i++) filter = wrap(filter);
  return filter;
}

describe('parseFilter', () => {
  it('takes JSON text or what was parsed from it, and gives it back', () => {
    const filter = {
      stage: { $in: ['new', null] },
      'spend.amountMinor': { $gte: 1, $lt: 2.5 },
      active: true,
      $or: [{ tags: { $elemMatch: { $eq: 'a' } } }, { lines: { $elemMatch: { sku: 'x', n: { $not: { $gt: 3 } } } } }],
    };
    expect(parseFilter(filter)).toEqual(filter);
    expect(parseFilter(JSON.stringify(filter))).toEqual(filter);
    expect(parseFilter('{}')).toEqual({});
  });

  it.each([
    ['{"a":', 'filter-not-json', ''],
    ['[]', 'filter-value-invalid', ''],
    [null, 'filter-value-invalid', ''],
    [7, 'filter-value-invalid', ''],
    [{ $where: '1' }, 'filter-operator-unknown', '/$where'],
    [{ $nor: [{}] }, 'filter-operator-unknown', '/$nor'],
    [{ $not: { a: 1 } }, 'filter-operator-unknown', '/$not'],
    [{ a: { $regex: 'x' } }, 'filter-operator-unknown', '/a/$regex'],
    [{ a: { $not: { $type: 1 } } }, 'filter-operator-unknown', '/a/$not/$type'],
    [{ $and: [{ b: 1 }, { 'a/b~c': { $size: 1 } }] }, 'filter-operator-unknown', '/$and/1/a~1b~0c/$size'],
    [{ a: {} }, 'filter-value-invalid', '/a'],
    [{ a: { x: 1 } }, 'filter-value-invalid', '/a/x'],
    [{ a: [1] }, 'filter-value-invalid', '/a'],
    [{ a: { $eq: { x: 1 } } }, 'filter-value-invalid', '/a/$eq'],
    [{ a: { $gt: null } }, 'filter-value-invalid', '/a/$gt'],
    [{ a: { $in: 1 } }, 'filter-value-invalid', '/a/$in'],
    [{ a: { $nin: [1, [2]] } }, 'filter-value-invalid', '/a/$nin/1'],
    [{ a: { $exists: 1 } }, 'filter-value-invalid', '/a/$exists'],
    [{ a: { $not: 1 } }, 'filter-value-invalid', '/a/$not'],
    [{ a: { $not: {} } }, 'filter-value-invalid', '/a/$not'],
    [{ a: { $elemMatch: {} } }, 'filter-value-invalid', '/a/$elemMatch'],
    [{ a: { $elemMatch: 1 } }, 'filter-value-invalid', '/a/$elemMatch'],
    [{ a: { $elemMatch: { $gt: 1, b: 1 } } }, 'filter-value-invalid', '/a/$elemMatch/b'],
    [{ $and: [] }, 'filter-value-invalid', '/$and'],
    [{ $or: {} }, 'filter-value-invalid', '/$or'],
    [{ $or: [1] }, 'filter-value-invalid', '/$or/0'],
    [{ a: Number.NaN }, 'filter-value-invalid', '/a'],
    [{ '': 1 }, 'filter-field-invalid', '/'],
    [{ 'a..b': 1 }, 'filter-field-invalid', '/a..b'],
    [{ 'a.$b': 1 }, 'filter-field-invalid', '/a.$b'],
    ['{"__proto__":1}', 'filter-field-invalid', '/__proto__'],
    [{ 'a\u0000': 1 }, 'filter-field-invalid', '/a\u0000'],
  ])('refuses %j', (input, code, pointer) => {
    expect(refusal(input)).toMatchObject({ code, pointer });
  });

  it('takes operators nested 5 deep, and not deeper', () => {
    const and = (inner: unknown): unknown => ({ $and: [inner] });
    const not = (inner: unknown): unknown => ({ $not: inner });
    const item = (inner: unknown): unknown => ({ a: { $elemMatch: inner } });
    for (const [wrap, innermost, outer] of [
      [and, { a: { $gt: 1 } }, (x: unknown) => x],
      [not, { $gt: 1 }, (x: unknown) => ({ a: x })],
      [item, { a: 1 }, (x: unknown) => x],
    ] as const) {
      const deepest = outer(nest(5, wrap, innermost));
      expect(parseFilter(deepest)).toEqual(deepest);
      expect(refusal(outer(nest(6, wrap, innermost))).code).toBe('filter-too-deep');
      expect(refusal(outer(nest(100_000, wrap, innermost))).code).toBe('filter-too-deep');
    }
  });

  it('takes up to 4 KiB as JSON, counted in UTF-8', () => {
    const fitting = { a: 'é'.repeat((4096 - '{"a":""}'.length) / 2) };
    expect(parseFilter(fitting)).toEqual(fitting);
    expect(parseFilter(JSON.stringify(fitting))).toEqual(fitting);
    const longer = { a: `${fitting.a}x` };
    expect(refusal(longer).code).toBe('filter-too-large');
    expect(refusal(JSON.stringify(longer)).code).toBe('filter-too-large');
    expect(refusal(`{"a":${'['.repeat(1_000_000)}`).code).toBe('filter-too-large');
  });
});
