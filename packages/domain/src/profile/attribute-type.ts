import type { AttributeValue } from '@tenure/contracts';

/** What values an attribute takes. Dates are `YYYY-MM-DD`, countries ISO 3166-1 alpha-2, languages BCP 47. */
export type AttributeType =
  | { readonly kind: 'text'; readonly maxLength: number }
  | { readonly kind: 'choice'; readonly of: readonly string[] }
  | { readonly kind: 'integer'; readonly from: number; readonly to: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'date' }
  | { readonly kind: 'country' }
  | { readonly kind: 'language' }
  | { readonly kind: 'time-zone' };

const countryShape = /^[A-Z]{2}$/;
const dateShape = /^(\d{4})-(\d{2})-(\d{2})$/;

/** What is wrong with a value; undefined if nothing is. */
export function valueFault(type: AttributeType, value: AttributeValue): string | undefined {
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'integer': {
      const { from, to } = type;
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to;
      return fits ? undefined : `must be a whole number from ${from} to ${to}`;
    }
    case 'text': {
      const fits = typeof value === 'string' && value.trim() !== '' && value.length <= type.maxLength;
      return fits ? undefined : `must be a text of 1 to ${type.maxLength} characters`;
    }
    case 'choice': {
      const fits = typeof value === 'string' && type.of.includes(value);
      return fits ? undefined : `must be one of ${type.of.join(', ')}`;
    }
    case 'date':
      return typeof value === 'string' && isDate(value) ? undefined : 'must be a date that exists, as YYYY-MM-DD';
    case 'country':
      return typeof value === 'string' && countryShape.test(value) ? undefined : 'must be a country code such as CN';
    case 'language':
      return typeof value === 'string' && isLanguage(value) ? undefined : 'must be a language tag such as zh-CN';
    case 'time-zone':
      return typeof value === 'string' && isTimeZone(value) ? undefined : 'must be a time zone such as Asia/Shanghai';
    default:
      return type satisfies never;
  }
}

function isDate(text: string): boolean {
  const parts = dateShape.exec(text);
  if (parts === null) return false;
  const date = new Date(Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])));
  return date.toISOString().startsWith(text);
}

function isLanguage(text: string): boolean {
  return accepts(() => Intl.getCanonicalLocales(text));
}

function isTimeZone(text: string): boolean {
  return accepts(() => new Intl.DateTimeFormat('en', { timeZone: text }));
}

/** Whether Intl takes it; a RangeError is how it says no. */
function accepts(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
