import { Temporal } from '@js-temporal/polyfill';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLocalTime } from './local-time.ts';

const instant = (zone: string, wall: string) => new Date(createLocalTime(zone)(Date.parse(`${wall}Z`))).toISOString();

describe('local times', () => {
  it.each([
    ['summer', 'Europe/London', '2011-07-01T12:00:00', '2011-07-01T11:00:00.000Z'],
    ['winter', 'Europe/London', '2010-12-01T08:26:00', '2010-12-01T08:26:00.000Z'],
    ['one that does not exist moves forward', 'Europe/Berlin', '2011-03-27T02:30:00', '2011-03-27T01:30:00.000Z'],
    ['just before', 'Europe/Berlin', '2011-03-27T01:59:59', '2011-03-27T00:59:59.000Z'],
    ['just after', 'Europe/Berlin', '2011-03-27T03:00:00', '2011-03-27T01:00:00.000Z'],
    ['one that comes twice is the earlier', 'Europe/Berlin', '2011-10-30T02:30:00', '2011-10-30T00:30:00.000Z'],
    ['after both', 'Europe/Berlin', '2011-10-30T03:00:00', '2011-10-30T02:00:00.000Z'],
    ['no midnight that day', 'America/Sao_Paulo', '2011-10-16T00:30:00', '2011-10-16T03:30:00.000Z'],
    ['a day that was left out', 'Pacific/Apia', '2011-12-30T12:00:00', '2011-12-30T22:00:00.000Z'],
  ])('%s', (_what, zone, wall, expected) => {
    expect(instant(zone, wall)).toBe(expected);
  });

  it('are the same with and without remembering', () => {
    const zones = [
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'America/Sao_Paulo',
      'Asia/Kathmandu',
      'UTC',
    ];
    const walls = fc.integer({ min: Date.UTC(2010, 0), max: Date.UTC(2013, 0) });
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.array(walls, { maxLength: 20 }), (zone, times) => {
        const toInstant = createLocalTime(zone);
        for (const wall of [...times, ...times]) {
          const plain = Temporal.PlainDateTime.from(new Date(wall).toISOString().slice(0, -1));
          const expected = plain.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
          expect(toInstant(wall)).toBe(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});
