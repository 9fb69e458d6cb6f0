import { z } from 'zod';
import { customerRef, entityId, instant } from '../common.ts';
import { instantParameter } from '../instant.ts';
import { text } from '../text.ts';

/** A place in the log as clients see it: opaque, of equal length and ordered by bytes within one store. */
export const position = text({
  min: 1,
  max: 64,
  pattern: /^[0-9A-Za-z_-]+$/,
  error: 'must be a position that this store gave',
}).describe('A place in the log: opaque, ordered by bytes, valid for one store');

/** How a publisher knows the customer of a fact; null when nobody does. */
export const factCustomer = customerRef.nullable().describe('null: the customer is not known');

/** When a fact happened in the world. */
export const occurredAt = instant.describe('When it happened in the world; at most 24 h from now');

/** Body of an action that needs to say no more than, perhaps, when. */
export const actionBody = z
  .strictObject({ occurredAt: occurredAt.optional() })
  .meta({ id: 'Action', description: 'When it was done; now if left out' });

/** What a write answers: 202 when it was accepted, 200 with the same when it had been before. */
export const writeAnswer = z
  .strictObject({
    id: entityId.describe('Names what was written, in paths too'),
    customerId: entityId.nullable().describe('null: the customer is not known'),
    position,
  })
  .meta({ id: 'WriteAnswer', description: 'What was written is durable' });
export type WriteAnswer = z.infer<typeof writeAnswer>;

/** What happened in the world by then, and what was known by then; both default to now. */
export const asOfQuery = z.strictObject({
  asOf: instantParameter.optional().describe('The instant in the world; inclusive'),
  knownAt: instantParameter.optional().describe('The instant of our knowledge; inclusive'),
});
export type AsOfQuery = z.infer<typeof asOfQuery>;

/** A whole number in a query. */
export const wholeParameter = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z.int().min(min).max(max),
  );

/** What every list takes; filters by field stand beside it. */
export const listQuery = z.strictObject({
  limit: wholeParameter(1, 500).optional(),
  cursor: z.string().min(1).max(4096).optional().describe('nextCursor of the page before'),
  sort: text({
    min: 1,
    max: 500,
    pattern: /^-?[A-Za-z_][A-Za-z0-9_.-]*(,-?[A-Za-z_][A-Za-z0-9_.-]*)*$/,
    error: 'must be fields by dot path, divided by commas, each with - for descending',
  })
    .optional()
    .describe('Fields by dot path, divided by commas, each with - for descending; ties go by id'),
  filter: z
    .string()
    .min(2)
    .max(4096)
    .optional()
    .describe(
      'JSON with $eq $ne $gt $gte $lt $lte $in $nin $exists $and $or $not $elemMatch, at most 5 deep and 4 KiB',
    ),
});
export type ListQuery = z.infer<typeof listQuery>;

/** A page of a list. */
export function listAnswer<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('null on the last page'),
  });
}

/** Path parameters that name an entity. */
export const idParams = z.strictObject({ id: entityId });
