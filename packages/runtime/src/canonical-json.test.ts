import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

describe('canonical JSON', () => {
  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('does not depend on the order of keys, nor on what is undefined', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true, e: undefined })).toBe(
      '{"a":true,"b":[1,{"c":"x","d":null}]}',
    );
    expect(canonicalJson({ a: true, b: [1, { c: 'x', d: null }] })).toBe(
      canonicalJson({ b: [1, { d: null, c: 'x' }], a: true }),
    );
  });

  it('sorts many keys as well as few, and takes any name', () => {
    const names = fc.uniqueArray(fc.oneof(fc.string({ maxLength: 3 }), fc.constant('__proto__')), { maxLength: 40 });
    fc.assert(
      fc.property(names, (keys) => {
        const build = (order: readonly string[]): unknown =>
          JSON.parse(`{${order.map((key) => `${JSON.stringify(key)}:1`).join(',')}}`);
        const text = canonicalJson(build(keys));
        expect(text).toBe(canonicalJson(build([...keys].reverse())));
        expect(Object.keys(JSON.parse(text)).sort()).toEqual([...keys].sort());
      }),
    );
  });

  it('tells different values apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const same =
          JSON.stringify(JSON.parse(canonicalJson(one))) === JSON.stringify(JSON.parse(canonicalJson(other)));
        expect(canonicalJson(one) === canonicalJson(other)).toBe(same);
      }),
    );
  });
});
