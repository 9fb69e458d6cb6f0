import { z } from 'zod';
import { factLine } from './api/facts.ts';
import type { EventDefinition, EventNature, ServiceName } from './define-event.ts';
import { type EventType, eventRegistry } from './registry.ts';

/** A JSON Schema, as far as the documents made of it need to know. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** What a reader needs to know of an event. */
export interface CatalogueEntry {
  readonly type: EventType;
  readonly version: number;
  readonly owner: ServiceName;
  readonly nature: EventNature;
  readonly summary: string;
  /** JSON pointers of the fields that are sealed, apart from `data`. */
  readonly personalFields: readonly string[];
  /** JSON Schema (draft 7) of `data`; named parts are `#/components/schemas/<name>`. */
  readonly data: JsonSchema;
}

export interface EventCatalogue {
  readonly events: readonly CatalogueEntry[];
  /** Named parts of the events' schemas. */
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

/** The fields of an event that are personal data: top-level ones of its personal schema, as JSON pointers. */
export function personalFields({ personal }: Pick<EventDefinition, 'personal'>): readonly string[] {
  if (personal === undefined) return [];
  if (!(personal instanceof z.ZodObject)) throw new TypeError('a personal schema is an object');
  return Object.keys(personal.shape).map((field) => `/${field}`);
}

/** Every event there is, described by its own schema, in the order of the registry. */
export function eventCatalogue(): EventCatalogue {
  const schemas: Record<string, JsonSchema> = {};
  const events = Object.values(eventRegistry).map((definition): CatalogueEntry => {
    const { type, version, owner, nature, summary } = definition;
    const { $schema, definitions, ...data } = z.toJSONSchema(definition.data, { target: 'draft-7' });
    for (const [name, schema] of Object.entries(definitions ?? {})) schemas[name] = toComponents(schema);
    return {
      type,
      version,
      owner,
      nature,
      summary,
      personalFields: personalFields(definition),
      data: toComponents(data),
    };
  });
  return { events, schemas };
}

/** The schema of what others publish, and its named parts. */
export function publishedFactSchema(): { readonly fact: JsonSchema; readonly schemas: EventCatalogue['schemas'] } {
  const { $schema, definitions, ...fact } = z.toJSONSchema(factLine, { target: 'draft-7', io: 'input' });
  const parts = Object.entries(definitions ?? {}).map(([name, schema]) => [name, toComponents(schema)]);
  return { fact: toComponents(fact), schemas: Object.fromEntries(parts) };
}

/** A schema's named parts stand beside it; in a document they stand under its components. */
function toComponents(schema: object): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"#/components/schemas/'));
}
