import type { EventOfType } from '@tenure/contracts';
import { accepted, type Decision, unchanged } from '../decider.ts';
import { reject } from '../rejections.ts';
import { isoInstant } from '../time/calendar.ts';
import { type ContactPointKind, contactPointRules, normaliseContactPoint } from './contact-point.ts';
import type { InformationSource, KnownProfile } from './state.ts';

type ContactPointChange =
  | EventOfType<'ContactPointAdded'>
  | EventOfType<'ContactPointVerified'>
  | EventOfType<'ContactPointRemoved'>;

/** Keeps a customer's document small. */
export const maxContactPoints = 100;

interface ContactPointInput {
  readonly id: string;
  readonly kind: ContactPointKind;
  readonly value: string;
  readonly verified?: boolean | undefined;
  readonly source: InformationSource;
  readonly observedAt: string;
}

/** Adds a contact point, dated by its observation; one that is there becomes verified if this says so. */
export function addContactPoint(
  state: KnownProfile,
  { id, kind, value: given, verified = false, source, observedAt }: ContactPointInput,
  pointer: string,
): Decision<ContactPointChange> {
  const { customerId, contactPoints } = state;
  const value = normaliseContactPoint(kind, given);
  if (value === undefined) {
    return reject('invalid-contact-point', contactPointRules[kind], { pointer: `${pointer}/value` });
  }
  const occurredAt = Date.parse(observedAt);
  const known = contactPoints.get(id);
  if (known !== undefined && !known.removed) {
    if (known.verified || !verified) return unchanged;
    const since = Math.max(occurredAt, known.changedAt);
    const data = { contactPointId: id };
    return accepted({ type: 'ContactPointVerified', data, occurredAt: since, customerId });
  }
  if (known !== undefined && occurredAt < known.changedAt) {
    const detail = `precedes ${isoInstant(known.changedAt)}, when this contact point was removed`;
    return reject('out-of-order', detail, { pointer: `${pointer}/observedAt` });
  }
  if (known === undefined && contactPoints.size >= maxContactPoints) {
    return reject('too-many-contact-points', `a customer has at most ${maxContactPoints}, removed ones included`, {
      pointer,
    });
  }
  const data = { contactPointId: id, kind, verified, source, observedAt: isoInstant(occurredAt) };
  return accepted({ type: 'ContactPointAdded', data, personal: { value }, occurredAt, customerId });
}

export function verifyContactPoint(
  state: KnownProfile,
  id: string,
  occurredAt: number,
  pointer: string,
): Decision<ContactPointChange> {
  const point = state.contactPoints.get(id);
  if (point === undefined || point.removed) return unknownPoint(pointer);
  if (point.verified) return unchanged;
  if (occurredAt < point.changedAt) return tooEarly(point.changedAt);
  const data = { contactPointId: id };
  return accepted({ type: 'ContactPointVerified', data, occurredAt, customerId: state.customerId });
}

export function removeContactPoint(
  state: KnownProfile,
  id: string,
  occurredAt: number,
  pointer: string,
): Decision<ContactPointChange> {
  const point = state.contactPoints.get(id);
  if (point === undefined) return unknownPoint(pointer);
  if (point.removed) return unchanged;
  if (occurredAt < point.changedAt) return tooEarly(point.changedAt);
  const data = { contactPointId: id };
  return accepted({ type: 'ContactPointRemoved', data, occurredAt, customerId: state.customerId });
}

function unknownPoint(pointer: string): Decision<never> {
  return reject('unknown-contact-point', 'is no contact point of this customer', { pointer });
}

function tooEarly(changedAt: number): Decision<never> {
  const detail = `precedes ${isoInstant(changedAt)}, when the contact point became known`;
  return reject('out-of-order', detail, { pointer: '/occurredAt' });
}
