import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { factId, longText, source } from './common.ts';
import { wholeNumber } from './text.ts';

const problemsOf = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];

describe('a text', () => {
  it('is counted in code points', () => {
    expect(problemsOf(factId, '𠮷'.repeat(200))).toEqual([]);
    expect(problemsOf(factId, '𠮷'.repeat(201))).toEqual(['must have at most 200 characters']);
    expect(problemsOf(factId, 'a'.repeat(201))).toEqual(['must have at most 200 characters']);
    expect(problemsOf(factId, '')).toEqual(['must not be empty']);
  });

  it('holds no half of a character: two ids would become one in UTF-8', () => {
    expect(problemsOf(factId, 'a\ud800')).toEqual(['must be well-formed Unicode']);
    expect(problemsOf(factId, 'a\ud83d\ude00')).toEqual([]);
  });

  it('that is an id holds no control characters, a free text no U+0000', () => {
    for (const character of ['\0', '\n', '\x1f', '\x7f', '\x9f']) {
      expect(problemsOf(factId, `a${character}`)).toEqual(['must not hold control characters']);
    }
    expect(problemsOf(longText, 'two\nlines')).toEqual([]);
    expect(problemsOf(longText, 'a\0b')).toEqual(['must not hold U+0000']);
  });

  it('that names a source is lower case', () => {
    expect(problemsOf(source, 'web-shop-2')).toEqual([]);
    for (const wrong of ['Web', '-web', 'web shop', 'läden'])
      expect(problemsOf(source, wrong)).toEqual(['must match [a-z0-9][a-z0-9-]{0,62}']);
  });

  it('publishes its rules', () => {
    expect(z.toJSONSchema(source)).toMatchObject({ type: 'string', maxLength: 63, pattern: '^[a-z0-9][a-z0-9-]*$' });
  });
});

describe('a whole number', () => {
  const quantity = wholeNumber({ min: -10, max: 10, nonZero: true });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('I22: %s is none', (value) => {
    expect(quantity.safeParse(value).success).toBe(false);
    expect(wholeNumber().safeParse(value).success).toBe(false);
  });

  it('keeps its bounds', () => {
    expect(problemsOf(quantity, 10)).toEqual([]);
    expect(problemsOf(quantity, 11)).toEqual(['must be at most 10']);
    expect(problemsOf(quantity, -11)).toEqual(['must be at least -10']);
    expect(problemsOf(quantity, 0)).toEqual(['must not be 0']);
    expect(problemsOf(quantity, -0)).toEqual(['must not be 0']);
  });

  it('publishes its rules', () => {
    expect(z.toJSONSchema(quantity)).toMatchObject({ type: 'integer', minimum: -10, maximum: 10, not: { const: 0 } });
  });
});
