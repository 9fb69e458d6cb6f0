import { z } from 'zod';
import { entityId, instant } from '../common.ts';
import { asOfQuery, listQuery, position } from './common.ts';

/** An event of a customer's history, with who, when and why. */
export const historyItem = z
  .strictObject({
    id: entityId,
    position,
    recordedAt: instant,
    occurredAt: instant,
    type: z.string(),
    version: z.int().positive(),
    service: z.string(),
    actor: z.string(),
    customerId: entityId.nullable().describe('The id it was recorded under; null: anonymous, and claimed since'),
    stream: z.string(),
    revision: z.int().nonnegative(),
    commandId: z.string(),
    causationId: z.string(),
    correlationId: z.string(),
    session: entityId.optional().describe('The import session it came with'),
    data: z.record(z.string(), z.unknown()),
    personal: z.record(z.string(), z.unknown()).optional(),
    erased: z.literal(true).optional().describe('Its personal data was erased'),
  })
  .meta({ id: 'HistoryItem', description: 'An event with who, when and why' });
export type HistoryItem = z.infer<typeof historyItem>;

export const historyQuery = listQuery.omit({ sort: true, filter: true }).extend({
  knownAt: asOfQuery.shape.knownAt,
  order: z.enum(['recorded', 'content']).optional().describe('By position (default), or by what happened when'),
  type: z.string().min(1).max(500).optional().describe('Types, divided by commas'),
});

/** State of all services about a customer, folded from the log. */
export const customerState = z
  .strictObject({
    customerId: entityId,
    aliases: z.array(entityId),
    asOf: instant,
    knownAt: instant,
    position,
    services: z.record(z.string(), z.record(z.string(), z.unknown())).describe('By service'),
  })
  .meta({ id: 'CustomerState', description: 'State of all services about a customer' });
export type CustomerState = z.infer<typeof customerState>;
