import { z } from 'zod';

/** What a field of a row holds, as far as filters and sorts need to know. `any`: whatever its values are. */
export type FieldKind = 'text' | 'number' | 'boolean' | 'instant' | 'any' | 'group';

/**
 * The schema that a dot path leads to in a row; an array on the way stands for its items, a map takes any name.
 * Undefined if rows have no such field.
 */
export function schemaAt(row: z.ZodType, path: string): z.ZodType | undefined {
  let at: z.ZodType | undefined = row;
  for (const name of path.split('.')) {
    const inner: z.ZodType = itemsOf(unwrap(at));
    if (inner instanceof z.ZodObject) at = ownShape(inner)[name];
    else if (inner instanceof z.ZodRecord) at = inner.valueType as z.ZodType;
    else if (inner instanceof z.ZodUnknown) return inner;
    else return undefined;
    if (at === undefined) return undefined;
  }
  return at;
}

export function kindOf(field: z.ZodType): FieldKind {
  const inner = itemsOf(unwrap(field));
  if (inner instanceof z.ZodObject || inner instanceof z.ZodRecord) return 'group';
  if (inner instanceof z.ZodBoolean) return 'boolean';
  if (inner instanceof z.ZodNumber) return 'number';
  if (isInstant(inner)) return 'instant';
  if (inner instanceof z.ZodString || inner instanceof z.ZodEnum) return 'text';
  return 'any';
}

/** Fields with a single value, by dot path: those that can stand in a query by themselves. */
export function singleFields(row: z.ZodType, prefix = ''): readonly (readonly [path: string, schema: z.ZodType])[] {
  const inner = unwrap(row);
  if (inner instanceof z.ZodObject) {
    return Object.entries(ownShape(inner)).flatMap(([name, field]) =>
      singleFields(field, prefix === '' ? name : `${prefix}.${name}`),
    );
  }
  const isSingle = !(inner instanceof z.ZodArray) && ['text', 'number', 'boolean', 'instant'].includes(kindOf(inner));
  return isSingle && prefix !== '' ? [[prefix, inner]] : [];
}

/** What is inside of optional, nullable and default. */
export function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema;
}

function itemsOf(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodArray ? unwrap(schema.element as z.ZodType) : schema;
}

function ownShape(schema: z.ZodObject): Readonly<Record<string, z.ZodType>> {
  return Object.assign(Object.create(null), schema.shape) as Record<string, z.ZodType>;
}

function isInstant(schema: z.ZodType): boolean {
  return schema.meta()?.format === 'date-time';
}
