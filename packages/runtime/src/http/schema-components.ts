import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type JsonObject = { [key: string]: unknown };

/** Collects the named schemas of a document while others are written into it. */
export interface Components {
  /** The JSON Schema, with those that have an id (`.meta({ id })`) as references. */
  inline(schema: z.ZodType, io: 'input' | 'output'): JsonObject;
  /** All that were referred to, by name. */
  all(): JsonObject;
}

/** A schema that is read otherwise than it is written (defaults) has two names, the second ending in `Answer`. */
export function createComponents(): Components {
  const schemas = new Map<string, JsonObject>();

  const define = (id: string, schema: JsonObject, io: 'input' | 'output'): string => {
    const known = schemas.get(id);
    if (known === undefined || isDeepStrictEqual(known, schema)) {
      schemas.set(id, schema);
      return id;
    }
    const name = `${id}${io === 'input' ? 'Request' : 'Answer'}`;
    schemas.set(name, schema);
    return name;
  };

  return {
    inline(schema, io) {
      const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonObject;
      const names = new Map<string, string>();
      for (const [id, definition] of Object.entries($defs as JsonObject)) {
        const { id: __, ...rest } = pointToComponents(definition as JsonObject, names);
        names.set(id, define(id, rest, io));
      }
      return pointToComponents(own, names);
    },
    all: () => Object.fromEntries([...schemas].sort(([one], [other]) => (one < other ? -1 : 1))),
  };
}

/** `#/$defs/X` becomes `#/components/schemas/X`, by its name in the document. */
function pointToComponents(schema: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key !== '$ref' || typeof value !== 'string') return value;
    const id = value.replace('#/$defs/', '');
    return `#/components/schemas/${names.get(id) ?? id}`;
  });
}
