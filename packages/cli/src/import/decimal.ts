import type { NumberRules } from './map-schema.ts';

/** An exact decimal: `units` times 10 to the power of minus `scale`. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

/** Reads numbers as a map says they are written. @returns undefined for what is none, such as 1e3 or £2 */
export function createDecimalReader({ decimal, group }: Pick<NumberRules, 'decimal' | 'group'>) {
  const mark = `\\${decimal}`;
  const plain = new RegExp(`^([+-]?)(\\d{1,15})(?:${mark}(\\d{1,10}))?$`);
  const grouped =
    group === undefined ? undefined : new RegExp(`^([+-]?)(\\d{1,3}(?:\\${group}\\d{3}){1,4})(?:${mark}(\\d{1,10}))?$`);
  return (text: string): Decimal | undefined => {
    const found = plain.exec(text) ?? grouped?.exec(text);
    if (found === null || found === undefined) return undefined;
    const whole = (found[2] ?? '').replace(/\D/g, '');
    const fraction = found[3] ?? '';
    const units = BigInt(whole + fraction);
    return { units: found[1] === '-' ? -units : units, scale: fraction.length };
  };
}

export function multiply(left: Decimal, right: Decimal): Decimal {
  return { units: left.units * right.units, scale: left.scale + right.scale };
}

/**
 * The same number in steps of 10 to the power of minus `scale`.
 * @returns undefined when it lies between two steps and the rule refuses that
 */
export function toScale(value: Decimal, scale: number, rounding: NumberRules['rounding']): bigint | undefined {
  if (value.scale <= scale) return value.units * 10n ** BigInt(scale - value.scale);
  const step = 10n ** BigInt(value.scale - scale);
  const quotient = value.units / step;
  const rest = value.units % step;
  if (rest === 0n) return quotient;
  if (rounding === 'refuse') return undefined;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  const up = twice > step || (twice === step && (rounding === 'half-up' || quotient % 2n !== 0n));
  if (!up) return quotient;
  return value.units < 0n ? quotient - 1n : quotient + 1n;
}

/** As JSON carries a decimal: `-1.50`. */
export function formatDecimal({ units, scale }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const sign = units < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const exponents = new Map<string, number>();
const currencies = new Set(Intl.supportedValuesOf('currency'));

/** How many decimals the minor unit of a currency is away: GBP 2, JPY 0. Undefined for what is no ISO 4217 code. */
export function minorUnitExponent(currency: string): number | undefined {
  const known = exponents.get(currency);
  if (known !== undefined || !currencies.has(currency)) return known;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const exponent = format.resolvedOptions().maximumFractionDigits ?? 2;
  exponents.set(currency, exponent);
  return exponent;
}
