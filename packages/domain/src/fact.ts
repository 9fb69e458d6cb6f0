import type { EventOfType, EventType } from '@tenure/contracts';
import type { Decision, Happening } from './decider.ts';
import { reject } from './rejections.ts';
import { isoInstant } from './time/calendar.ts';

export type FactConflictDetected = EventOfType<'FactConflictDetected'>;
type ConflictKind = FactConflictDetected['data']['kind'];

/** What an event of a fact says, as the publisher sent it; instants in it are RFC 3339. */
export type Content<T extends EventType> = Omit<EventOfType<T>['data'], 'contentHash'>;
export type Personal<T extends EventType> = NonNullable<EventOfType<T>['personal']>;

/** A fact to be recorded under the id that its publisher gave it. */
export interface FactCommand<T extends EventType> {
  readonly content: Content<T>;
  readonly personal?: Personal<T>;
  /** Keyed hash of all fields as they were accepted; equal for the same fact sent again. */
  readonly contentHash: string;
  /** Null for a fact about nobody known. */
  readonly customerId: string | null;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
}

/** A conflict that has been recorded, so that the same wrong content is recorded once. */
export interface SeenConflict {
  readonly kind: ConflictKind;
  readonly source: string;
  readonly id: string;
  readonly contentHash: string;
}

/** `{ personal }` to spread into an event; nothing when all its fields are undefined. */
export function personalOf<P extends object>(personal: P | undefined): { personal?: P } {
  if (personal === undefined || Object.values(personal).every((value) => value === undefined)) return {};
  return { personal };
}

/** Content that was submitted under an id that is taken. */
interface Submission {
  readonly content: object;
  readonly personal?: object;
  readonly contentHash: string;
  readonly customerId: string | null;
  readonly occurredAt: number;
}

/** Refuses other content under a taken id, and records that it came. */
export function conflict(
  kind: ConflictKind,
  source: string,
  id: string,
  submission: Submission,
  seen: readonly SeenConflict[],
): Decision<FactConflictDetected> {
  const detail = `the ${kind} ${id} of ${source} is known with other content`;
  return reject('conflict', detail, { events: conflictEvents(kind, source, id, submission, seen) });
}

/** What records a conflict: an event the first time that this content came, then none. */
export function conflictEvents(
  kind: ConflictKind,
  source: string,
  id: string,
  { content, personal, contentHash, customerId, occurredAt }: Submission,
  seen: readonly SeenConflict[],
): readonly Happening<FactConflictDetected>[] {
  const same = (one: SeenConflict) =>
    one.kind === kind && one.source === source && one.id === id && one.contentHash === contentHash;
  if (seen.some(same)) return [];
  const submitted = { ...content, ...personal, customerId, occurredAt: isoInstant(occurredAt) };
  return [
    {
      type: 'FactConflictDetected',
      data: { kind, source, id, contentHash },
      personal: { submitted },
      occurredAt,
      customerId,
    },
  ];
}

export function withConflict(seen: readonly SeenConflict[], event: FactConflictDetected): readonly SeenConflict[] {
  return [...seen, event.data];
}
