import { z } from 'zod';
import type { EventDefinition, OldPayload } from './define-event.ts';

/** Raised for an event that no schema knows, or that does not fit its schema. */
export class UnreadableEventError extends Error {
  readonly code = 'unreadable-event';
}

/**
 * Lifts a payload from the version that it was stored under to the current one of its definition. One of a later version
 * than this code knows is read as it is: fields are only ever added.
 * @throws {UnreadableEventError} for a version without an upcaster
 */
export function lift(definition: EventDefinition, version: number, stored: OldPayload): OldPayload {
  let payload = stored;
  for (let from = version; from < definition.version; from++) {
    const upcaster = definition.upcasters[from];
    if (upcaster === undefined) throw new UnreadableEventError(`${definition.type} version ${from} has no upcaster`);
    payload = upcaster(payload);
  }
  return payload;
}

/** Checks a payload of the current version against its schemas. @throws {UnreadableEventError} naming the field */
export function checkPayload(definition: EventDefinition, payload: { data: unknown; personal?: unknown }): void {
  const { type } = definition;
  const data = definition.data.safeParse(payload.data);
  if (!data.success) throw new UnreadableEventError(`${type}: ${z.prettifyError(data.error)}`);
  if (payload.personal === undefined) return;
  if (definition.personal === undefined) throw new UnreadableEventError(`${type} holds no personal data`);
  const personal = definition.personal.safeParse(payload.personal);
  if (!personal.success) throw new UnreadableEventError(`${type}: ${z.prettifyError(personal.error)}`);
}
