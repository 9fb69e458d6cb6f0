import { Temporal } from '@js-temporal/polyfill';

const dayMs = 86_400_000;
const rememberedTimes = 10_000;

/**
 * Turns times on the wall of a zone into instants: one that does not exist moves forward, one that comes twice is the
 * earlier. Asking the zone costs 0.2 ms, so a day far from any change of clocks is asked for once.
 * @returns a function from the time on the wall (ms since 1970 as if it were UTC) to ms since 1970 UTC
 */
export function createLocalTime(zone: string): (localMs: number) => number {
  const offsets = new Map<number, number | null>();
  const times = new Map<number, number>();
  return (localMs) => {
    const day = Math.floor(localMs / dayMs);
    let offset = offsets.get(day);
    if (offset === undefined) {
      offset = offsetAround(day, zone);
      offsets.set(day, offset);
    }
    if (offset !== null) return localMs - offset;
    let instant = times.get(localMs);
    if (instant === undefined) {
      instant = resolve(localMs, zone);
      if (times.size >= rememberedTimes) times.clear();
      times.set(localMs, instant);
    }
    return instant;
  };
}

/** The one offset in force around a day, in ms; null when it changes nearby. */
function offsetAround(day: number, zone: string): number | null {
  // Two days each way hold any offset there is (up to 15 h) and any jump there was (a whole day, at the date line).
  const from = Temporal.Instant.fromEpochMilliseconds((day - 2) * dayMs).toZonedDateTimeISO(zone);
  const change = from.getTimeZoneTransition('next');
  if (change !== null && change.epochMilliseconds <= (day + 3) * dayMs) return null;
  return from.offsetNanoseconds / 1_000_000;
}

function resolve(localMs: number, zone: string): number {
  const wall = Temporal.Instant.fromEpochMilliseconds(localMs).toZonedDateTimeISO('UTC').toPlainDateTime();
  return wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}
