import { EventTooLargeError, InvalidAppendError } from '../errors.ts';
import type { AppendUnit, NewEvent } from '../port.ts';
import { MAX_EVENT_BYTES } from '../validation.ts';

/** What EventStoreDB takes in one append, as it is set up by default (1 MiB), less what the protocol adds. */
const MAX_APPEND_BYTES = 1_048_576 - 32_768;

/** What an event takes beside its payload, roughly. */
const ENVELOPE_BYTES = 600;

/**
 * About how many bytes each event of the units takes.
 * @throws {EventTooLargeError} for an event above the limit
 * @throws {InvalidAppendError} for data that is no JSON object, or an append that EventStoreDB does not take as one
 */
export const measureUnits = (units: readonly AppendUnit[]): number[] =>
  units.map((unit) => {
    let total = 0;
    for (const { stream, events } of unit) {
      let bytes = 0;
      for (const event of events) bytes += measureEvent(event);
      if (bytes > MAX_APPEND_BYTES)
        throw new InvalidAppendError(
          `an append of ${bytes} bytes to ${stream}: EventStoreDB takes at most ${MAX_APPEND_BYTES} at once`,
        );
      total += bytes;
    }
    return total;
  });

/** What the event takes where it is stored: what is sealed is base64 there. */
const measureEvent = (event: NewEvent): number => {
  const data = jsonBytes(event.id, event.data);
  const personal = event.personal === undefined ? 0 : jsonBytes(event.id, event.personal);
  const metadata = Buffer.byteLength(JSON.stringify(event.metadata));
  const bytes = data + personal + metadata;
  if (bytes > MAX_EVENT_BYTES) throw new EventTooLargeError(event.id, bytes, MAX_EVENT_BYTES);
  return data + Math.ceil((personal * 4) / 3) + metadata + ENVELOPE_BYTES;
};

const jsonBytes = (id: string, value: object): number => {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined || json[0] !== '{') throw new InvalidAppendError(`data of event ${id} is not a JSON object`);
  return Buffer.byteLength(json);
};
