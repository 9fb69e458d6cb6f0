import { InvalidAppendError } from './errors.ts';
import type { AppendUnit, NewEvent } from './port.ts';

/** What an event may take, as JSON: data, personal data and metadata together. The same on every engine. */
export const MAX_EVENT_BYTES = 512 * 1024;

const HEX_ID = /^[0-9a-f]{32}$/;
const STREAM = /^[a-z][a-z-]{0,62}-[0-9a-f]{32}$/;

/** @throws {InvalidAppendError} naming the first thing that no store could take */
export const validateUnits = (units: readonly AppendUnit[]): void => {
  for (const unit of units) {
    if (unit.length === 0) throw new InvalidAppendError('a unit has no appends');
    for (const { stream, expected, events } of unit) {
      if (!STREAM.test(stream)) throw new InvalidAppendError(`"${stream}" is not a stream's name`);
      if (typeof expected === 'number' && !(Number.isSafeInteger(expected) && expected >= 0))
        throw new InvalidAppendError(`${expected} is not a revision`);
      if (events.length === 0) throw new InvalidAppendError(`no events for ${stream}`);
      for (const event of events) validateEvent(event);
    }
  }
};

const validateEvent = (event: NewEvent): void => {
  if (!HEX_ID.test(event.id)) throw new InvalidAppendError(`"${event.id}" is not an event id`);
  if (event.customerId !== null && !HEX_ID.test(event.customerId))
    throw new InvalidAppendError(`"${event.customerId}" is not a customer id`);
  if (!isText(event.type)) throw new InvalidAppendError(`event ${event.id} has no type`);
  if (!Number.isSafeInteger(event.version)) throw new InvalidAppendError(`event ${event.id} has no version`);
  if (!Number.isSafeInteger(event.occurredAt))
    throw new InvalidAppendError(`occurredAt of event ${event.id} is not in whole ms`);
  const { actor, service, commandId, causationId, correlationId } = event.metadata;
  if (![actor, service, commandId, causationId, correlationId].every(isText))
    throw new InvalidAppendError(`metadata of event ${event.id} is incomplete`);
};

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
