import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatInstant, instant, instantParameter, parseInstant } from './instant.ts';

const rfc3339 = z.iso.datetime({ offset: true });
const maxInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

describe('an instant', () => {
  it.each([
    ['2011-01-18T13:15:00Z', '2011-01-18T13:15:00.000Z'],
    ['2011-01-18T13:15:00.5Z', '2011-01-18T13:15:00.500Z'],
    ['2011-01-18T13:15:00.123Z', '2011-01-18T13:15:00.123Z'],
    ['2011-01-18T13:15:00.123987654+02:00', '2011-01-18T11:15:00.123Z'],
    ['2011-01-18T13:15:00-05:30', '2011-01-18T18:45:00.000Z'],
    ['2012-02-29T23:59:59Z', '2012-02-29T23:59:59.000Z'],
    ['1969-12-31T23:30:00-01:00', '1970-01-01T00:30:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s becomes %s', (text, utc) => {
    expect(instant.parse(text)).toBe(utc);
    expect(formatInstant(parseInstant(text) ?? Number.NaN)).toBe(utc);
  });

  it.each([
    ['2011-01-18T13:15:00', 'it has no offset'],
    ['2011-01-18T13:15Z', 'it has no seconds'],
    ['2011-01-18 13:15:00Z', 'a space stands for the T'],
    ['2011-02-29T00:00:00Z', 'the day does not exist'],
    ['2100-02-29T00:00:00Z', 'the day does not exist'],
    ['2011-13-01T00:00:00Z', 'the month does not exist'],
    ['2011-01-01T24:00:00Z', 'the hour does not exist'],
    ['2011-01-01T00:00:60Z', 'the second does not exist'],
    ['1969-12-31T23:59:59Z', 'it lies before 1970'],
    ['1970-01-01T00:30:00+01:00', 'it lies before 1970'],
    ['0070-01-01T00:00:00Z', 'it lies before 1970'],
    ['9999-12-31T23:59:59-01:00', 'it lies after 9999'],
    ['', 'it is empty'],
  ])('%s is refused: %s', (text) => {
    expect(instant.safeParse(text).success).toBe(false);
    expect(parseInstant(text)).toBeUndefined();
  });

  it('agrees with the built-in parser and the format of RFC 3339 on any text near one', () => {
    const digits = (count: number) => fc.stringMatching(new RegExp(`^\\d{${count}}$`));
    const part = (max: number) =>
      fc.oneof(
        fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0')),
        digits(2),
      );
    const near = fc
      .tuple(
        fc.oneof(fc.integer({ min: 1965, max: 2105 }).map(String), digits(4)),
        part(13),
        part(32),
        part(24),
        part(60),
        part(60),
        fc.constantFrom('', '.', '.1', '.12', '.123', '.1239', '.999999999'),
        fc.oneof(
          fc.constantFrom('Z', 'z', '', '+00:00', '-00:00', '+24:00'),
          fc.tuple(part(24), part(60)).map(([h, m]) => `-${h}:${m}`),
        ),
      )
      .map(([y, mo, d, h, mi, s, fraction, offset]) => `${y}-${mo}-${d}T${h}:${mi}:${s}${fraction}${offset}`);
    fc.assert(
      fc.property(near, (text) => {
        const time = Date.parse(text);
        const ok = rfc3339.safeParse(text).success && time >= 0 && time <= maxInstant;
        expect(parseInstant(text)).toBe(ok ? time : undefined);
        expect(instant.safeParse(text).data).toBe(ok ? new Date(time).toISOString() : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it('may leave out the seconds in a query', () => {
    expect(instantParameter.parse('2011-03-01T00:00Z')).toBe('2011-03-01T00:00:00.000Z');
    expect(instantParameter.parse('2011-03-01T02:00+02:00')).toBe('2011-03-01T00:00:00.000Z');
    expect(instantParameter.safeParse('2011-03-01').success).toBe(false);
  });
});
