import { z } from 'zod';
import { entityId, factId, instant, source } from '../common.ts';
import { listQuery, position } from './common.ts';
import { refundFlag } from './purchases.ts';

/** A fact that somebody has to look at: it came again with other content, or it does not fit what it names. */
export const conflictView = z
  .strictObject({
    id: z.string(),
    reason: z.enum(['content-differs', ...refundFlag.options]),
    kind: z.enum(['purchase', 'refund', 'contact', 'follow-up', 'survey', 'survey-response', 'complaint', 'claim']),
    source,
    factId,
    customerId: entityId.nullable(),
    recordedAt: instant,
    submitted: z.record(z.string(), z.unknown()).nullable().describe('What was refused; null when it was kept'),
    position,
  })
  .meta({ id: 'ConflictView', description: 'A fact that somebody has to look at' });
export type ConflictView = z.infer<typeof conflictView>;

export const conflictsQuery = listQuery;

/** What a consumer could not apply: the customer waits there, all others go on. */
export const parkView = z
  .strictObject({
    id: z.string(),
    consumer: z.string(),
    key: z.string().describe("The customer's id, else the stream; of a timer the id of what fell due"),
    eventId: z.string().nullable(),
    eventType: z.string().nullable(),
    dueAt: instant.nullable().describe('Of a timer: when it fell due'),
    reason: z.string(),
    parkedAt: instant,
    position,
  })
  .meta({ id: 'ParkView', description: 'What a consumer could not apply, or a timer that failed' });
export type ParkView = z.infer<typeof parkView>;

export const parkedQuery = listQuery.extend({ consumer: z.string().min(1).max(200).optional() });

/** How a replay or a drop ended. */
export const parkAnswer = z
  .strictObject({ id: z.string(), outcome: z.enum(['replayed', 'dropped', 'parked-again']) })
  .meta({ id: 'ParkAnswer', description: 'How a replay or a drop ended' });
export type ParkAnswer = z.infer<typeof parkAnswer>;
