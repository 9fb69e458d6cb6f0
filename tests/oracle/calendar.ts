import { DAY } from './facts.ts';

/** The calendar day of an instant in a zone, as a number of days since 1970-01-01. */
export function dayNumber(instant: number, zone: string): number {
  return Math.floor((instant + offsetMs(instant, zone)) / DAY);
}

/**
 * The instant of a wall-clock reading, given as if it were UTC. A reading that does not exist moves forward; an
 * ambiguous one takes the offset that was in force first.
 */
export function instantOf(wallClock: number, zone: string): number {
  const before = offsetMs(wallClock - DAY, zone);
  const after = offsetMs(wallClock + DAY, zone);
  if (offsetMs(wallClock - before, zone) === before) return wallClock - before;
  if (offsetMs(wallClock - after, zone) === after) return wallClock - after;
  return wallClock - before;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function offsetMs(instant: number, zone: string): number {
  if (zone === 'UTC') return 0;
  let format = formats.get(zone);
  if (format === undefined) {
    const numeric = 'numeric';
    format = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
    formats.set(zone, format);
  }
  const whole = Math.floor(instant / 1000) * 1000;
  const part = Object.fromEntries(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
}
