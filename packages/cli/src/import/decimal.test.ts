import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecimalReader, formatDecimal, minorUnitExponent, multiply, toScale } from './decimal.ts';

const english = createDecimalReader({ decimal: '.' });
const german = createDecimalReader({ decimal: ',', group: '.' });
const minor = (text: string, rounding: 'half-up' | 'half-even' | 'refuse' = 'half-up', scale = 2) => {
  const value = english(text);
  return value && toScale(value, scale, rounding);
};

describe('numbers of a file', () => {
  it('are read as the map says they are written', () => {
    expect(german('1.234.567,89')).toEqual({ units: 123_456_789n, scale: 2 });
    expect(german('-0,5')).toEqual({ units: -5n, scale: 1 });
    expect(english('+12')).toEqual({ units: 12n, scale: 0 });
  });

  it.each(['', '1e3', '1,5', '£2', '1.', '.5', '1 2', 'NaN', '12.34.56'])('refuse %j', (text) => {
    expect(english(text)).toBeUndefined();
  });

  it.each(['1.23,4', '12.3456', '1.2.3', '1,2,3'])('refuse %j where thousands are divided', (text) => {
    expect(german(text)).toBeUndefined();
  });

  it('I22: are exact where a float is not', () => {
    const [quantity, price] = [english('3'), english('1.005')];
    expect(quantity && price && toScale(multiply(quantity, price), 2, 'half-up')).toBe(302n);
    expect(minor('9007199254740.93')).toBe(900_719_925_474_093n);
  });

  it('round as declared', () => {
    expect([minor('0.125'), minor('0.135'), minor('-0.125')]).toEqual([13n, 14n, -13n]);
    const even = [minor('0.125', 'half-even'), minor('0.135', 'half-even'), minor('-0.125', 'half-even')];
    expect(even).toEqual([12n, 14n, -12n]);
    expect([minor('0.1251', 'half-even'), minor('0.1249')]).toEqual([13n, 12n]);
    expect([minor('0.125', 'refuse'), minor('0.120', 'refuse')]).toEqual([undefined, 12n]);
  });

  it('are written as they were read', () => {
    const decimals = fc.tuple(fc.bigInt(-(10n ** 14n), 10n ** 14n), fc.integer({ min: 0, max: 10 }));
    fc.assert(
      fc.property(decimals, ([units, scale]) => {
        const text = formatDecimal({ units, scale });
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(createDecimalReader({ decimal: '.' })(text)).toEqual({ units, scale });
      }),
    );
  });

  it('have the minor unit of their currency', () => {
    expect(['GBP', 'JPY', 'KWD', 'gbp', 'XYZ', ''].map(minorUnitExponent)).toEqual([
      2,
      0,
      3,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
