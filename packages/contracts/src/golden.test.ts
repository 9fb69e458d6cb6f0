import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEvent, type EventDefinition } from './define-event.ts';
import { checkPayload, lift, UnreadableEventError } from './payload.ts';
import { eventRegistry, isEventType, upcast, validateEvent } from './registry.ts';

const corpus = new URL('../golden/', import.meta.url);
const sums = readFileSync(new URL('SHA256SUMS', corpus), 'utf8');

/** An event as a log holds it, unsealed. */
interface Stored {
  readonly type: string;
  readonly version: number;
  readonly customerId: string | null;
  readonly occurredAt: number;
  readonly recordedAt: number;
  readonly data: object;
  readonly personal?: object;
}

const files = readdirSync(corpus)
  .sort()
  .filter((file) => file.endsWith('.json'))
  .map((file) => {
    const bytes = readFileSync(new URL(file, corpus));
    const stored: Stored = JSON.parse(bytes.toString('utf8'));
    return { file, sha256: createHash('sha256').update(bytes).digest('hex'), stored };
  });
const definitions: readonly EventDefinition[] = Object.values(eventRegistry);

describe('the golden corpus', () => {
  it.each(files)('I2: $file lifts to the current version and fits its schema', ({ file, stored }) => {
    expect(file).toMatch(new RegExp(`^${stored.type}\\.v${stored.version}(\\.[a-z-]+)?\\.json$`));
    const event = upcast(stored);
    expect(() => validateEvent(event)).not.toThrow();
  });

  it('I2: holds an example of every version of every event', () => {
    const held = new Set(files.map(({ stored }) => `${stored.type}.v${stored.version}`));
    const expected = definitions.flatMap(({ type, version }) =>
      Array.from({ length: version }, (_, index) => `${type}.v${index + 1}`),
    );
    expect([...held].sort()).toEqual(expected.sort());
  });

  it('I2: is never changed: what logs hold does not change either', () => {
    expect(files.map(({ file, sha256 }) => `${sha256}  ${file}`)).toEqual(sums.trimEnd().split('\n'));
  });

  it.each(definitions)('I2: the examples of $type show every field that it has', (definition) => {
    const current = files.filter(
      ({ stored }) => stored.type === definition.type && stored.version === definition.version,
    );
    const shown = new Set(
      current.flatMap(({ stored }) => [...pathsOf(stored.data), ...pathsOf(stored.personal ?? {})]),
    );
    const declared = [...declaredPaths(definition.data), ...declaredPaths(definition.personal)];
    expect(declared.filter((path) => !shown.has(path))).toEqual([]);
  });

  it.each(files)(
    'I17: $file, written by a later version with fields of its own, is read without harm',
    ({ stored }) => {
      const version = (definitions.find(({ type }) => type === stored.type)?.version ?? 0) + 1;
      const data = withExtras(stored.data);
      const event = upcast({ ...stored, version, data });
      expect(event.data).toEqual(data);
      expect(event.data).toMatchObject(upcast(stored).data);
      expect(event.personal).toEqual(stored.personal);
    },
  );
});

describe('lifting old versions', () => {
  // The registry's events are all at their first version: the mechanism is shown on one that has had three.
  const seatBooked = defineEvent({
    type: 'SeatBooked',
    owner: 'interaction',
    nature: 'fact',
    summary: 'Version 2 named the row; version 3 keeps the guest apart',
    version: 3,
    data: z.strictObject({ row: z.string(), seat: z.int() }),
    personal: z.strictObject({ guest: z.string() }),
    upcasters: {
      1: ({ data }) => ({ data: { row: 'A', seat: data.seat, guest: data.guest } }),
      2: ({ data: { guest, ...data } }) => ({ data, personal: { guest } }),
    },
  });

  it('I2: a payload of any version comes out as one of the current version', () => {
    const first = lift(seatBooked, 1, { data: { seat: 7, guest: 'canary' } });
    const second = lift(seatBooked, 2, { data: { row: 'A', seat: 7, guest: 'canary' } });
    const third = lift(seatBooked, 3, { data: { row: 'A', seat: 7 }, personal: { guest: 'canary' } });
    expect(first).toEqual({ data: { row: 'A', seat: 7 }, personal: { guest: 'canary' } });
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(() => checkPayload(seatBooked, first)).not.toThrow();
  });

  it('I17: a payload of the version after comes out as it is', () => {
    const payload = { data: { row: 'A', seat: 7, wheelchair: true }, personal: { guest: 'canary' } };
    expect(lift(seatBooked, 4, payload)).toEqual(payload);
  });

  it('refuses a version that nothing lifts', () => {
    const gap = { ...seatBooked, upcasters: { 1: seatBooked.upcasters[1] ?? ((old) => old) } };
    expect(() => lift(gap, 1, { data: { seat: 7 } })).toThrow(UnreadableEventError);
  });

  it('refuses a payload that does not fit, naming the field', () => {
    expect(() => checkPayload(seatBooked, { data: { row: 'A', seat: 'seven' } })).toThrow(/seat/);
    expect(() => checkPayload(seatBooked, { data: { row: 'A', seat: 7 }, personal: {} })).toThrow(/guest/);
  });
});

describe('the registry', () => {
  it('names each event by its type', () => {
    for (const [name, definition] of Object.entries(eventRegistry)) {
      expect(definition.type).toBe(name);
      expect(isEventType(name)).toBe(true);
    }
    expect(isEventType('toString')).toBe(false);
    expect(() => upcast({ type: 'Unheard', version: 1, data: {} })).toThrow(UnreadableEventError);
  });

  it('has an upcaster for every version before the current one', () => {
    for (const { version, upcasters } of definitions) {
      const expected = Array.from({ length: version - 1 }, (_, index) => String(index + 1));
      expect(Object.keys(upcasters)).toEqual(expected);
    }
  });
});

/** Paths of all fields in a value, elements of arrays written `[]`, keys of records as they are. */
function pathsOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((element) => pathsOf(element, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, field]) => [`${path}/${key}`, ...pathsOf(field, `${path}/${key}`)]);
}

/** Paths of all fields that a schema declares; what is below the keys of a record is not declared. */
function declaredPaths(schema: unknown, path = ''): readonly string[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, field]) => [
      `${path}/${key}`,
      ...declaredPaths(field, `${path}/${key}`),
    ]);
  }
  if (schema instanceof z.ZodArray) return declaredPaths(schema.element, `${path}[]`);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return declaredPaths(schema.unwrap(), path);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => declaredPaths(option, path));
  return [];
}

/** The value with a field more in every object of it. */
function withExtras(value: object): object {
  const entries = Object.entries(value).map(([key, field]) => [key, extended(field)]);
  return { ...Object.fromEntries(entries), fieldOfTheNextVersion: { nested: [1] } };
}

function extended(field: unknown): unknown {
  if (Array.isArray(field)) return field.map(extended);
  return typeof field === 'object' && field !== null ? withExtras(field) : field;
}
