import { isDeepStrictEqual } from 'node:util';
import type { EventStore, Position, SealedEvent } from './port.ts';

/** How far two logs are the same, from the beginning. */
export interface LogComparison {
  /** How many events are the same. */
  readonly events: number;
  /** Position of the last of them in the source; undefined if there is none. */
  readonly position: Position | undefined;
  /** What comes next in each; both undefined if the logs are the same. */
  readonly source: SealedEvent | undefined;
  readonly target: SealedEvent | undefined;
}

interface LogsToCompare {
  readonly source: Pick<EventStore, 'readAllSealed'>;
  readonly target: Pick<EventStore, 'readAllSealed'>;
  readonly onCompared: (events: number) => void;
}

const PAGE = 1_000;

/** Compares all of each event but its position, which is the log's own: sealed data byte for byte. */
export const compareLogs = async ({ source, target, onCompared }: LogsToCompare): Promise<LogComparison> => {
  let events = 0;
  let position: Position | undefined;
  let targetPosition: Position | undefined;
  for (;;) {
    const [sources, targets] = await Promise.all([page(source, position), page(target, targetPosition)]);
    const length = Math.max(sources.length, targets.length);
    for (let index = 0; index < length; index++) {
      const [one, other] = [sources[index], targets[index]];
      if (!one || !other || !isSameEvent(one, other)) return { events, position, source: one, target: other };
      events++;
      position = one.position;
      targetPosition = other.position;
    }
    onCompared(events);
    if (length < PAGE) return { events, position, source: undefined, target: undefined };
  }
};

const page = (log: Pick<EventStore, 'readAllSealed'>, after: Position | undefined): Promise<readonly SealedEvent[]> =>
  log.readAllSealed({ limit: PAGE, ...(after === undefined ? {} : { after }) });

const isSameEvent = (one: SealedEvent, other: SealedEvent): boolean =>
  isDeepStrictEqual(withoutPlace(one), withoutPlace(other));

/** Bytes as text: two kinds of byte arrays are never equal. */
const withoutPlace = (event: SealedEvent): unknown => ({
  ...event,
  position: undefined,
  sealed: event.sealed === undefined ? undefined : Buffer.from(event.sealed).toString('base64'),
});
