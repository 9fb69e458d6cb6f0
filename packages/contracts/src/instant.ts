import { z } from 'zod';

const maxInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const shape =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads an RFC 3339 date-time with an offset, cut to the millisecond.
 * @returns ms since 1970 UTC; undefined if it is none, names a day that does not exist, or lies outside 1970 to 9999
 */
export function parseInstant(value: string): number | undefined {
  const parts = shape.exec(value);
  if (parts === null) return undefined;
  const year = Number(parts[1]);
  const month = Number(parts[2]);
  const day = Number(parts[3]);
  if (month < 1 || month > 12 || day < 1 || day > lastDay(year, month)) return undefined;
  const fraction = parts[7];
  const ms = fraction === undefined ? 0 : Math.trunc(Number(fraction.slice(0, 3).padEnd(3, '0')));
  let time = Date.UTC(year, month - 1, day, Number(parts[4]), Number(parts[5]), Number(parts[6]), ms);
  // Date.UTC takes years below 100 for those of the last century.
  if (year < 1969) return undefined;
  if (parts[8] !== undefined) {
    const offset = (Number(parts[9]) * 60 + Number(parts[10])) * 60_000;
    time += parts[8] === '+' ? -offset : offset;
  }
  return time >= 0 && time <= maxInstant ? time : undefined;
}

function lastDay(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
  return daysOfMonth[month - 1] ?? 0;
}

/** The one way an instant is written at the edge and in the log: UTC, milliseconds, Z. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString();
}

/** An instant in RFC 3339 with any offset; becomes the same in UTC, to the millisecond. */
export const instant = z
  .string()
  .check((context) => {
    const time = parseInstant(context.value);
    if (time !== undefined) {
      context.value = canonical(context.value, time);
      return;
    }
    context.issues.push({
      code: 'custom',
      message: 'must be an RFC 3339 date-time with an offset, from 1970 to 9999, such as 2011-01-18T13:15:00Z',
      input: context.value,
    });
  })
  .meta({ format: 'date-time' });

// Most texts come in one of two forms; formatting a Date costs five times a slice.
function canonical(value: string, time: number): string {
  if (value.length === 20) return `${value.slice(0, 19)}.000Z`;
  if (value.length === 24 && value.endsWith('Z')) return value;
  return formatInstant(time);
}

/** An instant in a query: seconds may be left out, as people type it. */
export const instantParameter = z
  .string()
  .overwrite((value) => value.replace(/(T\d\d:\d\d)(Z|[+-]\d\d:\d\d)$/, '$1:00$2'))
  .pipe(instant)
  .meta({ format: 'date-time' });
