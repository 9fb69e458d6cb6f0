import { Temporal } from '@js-temporal/polyfill';

export const dayMs = 86_400_000;
const bucketMs = 900_000;

/** Tells calendar days in one time zone. */
export interface Calendar {
  /** Days since 1970-01-01 of the local date at an instant (ms since 1970 UTC). */
  dayOf(instant: number): number;
}

/**
 * A calendar of an IANA zone. Offsets change on quarters of an hour at the finest, so they are looked up once a quarter.
 * @throws {RangeError} for an unknown zone
 */
export function calendarOf(zone: string): Calendar {
  if (zone === 'UTC') return { dayOf: (instant) => Math.floor(instant / dayMs) };
  const offsets = new Map<number, number>();
  const offsetAt = (instant: number): number => {
    const bucket = Math.floor(instant / bucketMs);
    let offset = offsets.get(bucket);
    if (offset === undefined) {
      const start = Temporal.Instant.fromEpochMilliseconds(bucket * bucketMs);
      offset = start.toZonedDateTimeISO(zone).offsetNanoseconds / 1e6;
      if (offsets.size > 100_000) offsets.clear();
      offsets.set(bucket, offset);
    }
    return offset;
  };
  offsetAt(0);
  return { dayOf: (instant) => Math.floor((instant + offsetAt(instant)) / dayMs) };
}

/** RFC 3339 in UTC. */
export function isoInstant(instant: number): string {
  return new Date(instant).toISOString();
}
