import { z } from 'zod';
import { entityId, instant } from '../common.ts';
import { position } from './common.ts';

/** How far a job has come with the log. */
const progress = z
  .strictObject({
    position: position.nullable().describe('Where in the log it is; null at the beginning'),
    percent: z.number().min(0).max(100).describe('Of the log, by position'),
    events: z.int().nonnegative().describe('Applied since it began, or went on after a restart'),
    eventsPerSecond: z.number().nonnegative(),
    secondsLeft: z.number().nonnegative().nullable().describe('null as long as it cannot be told'),
  })
  .meta({ id: 'JobProgress', description: 'How far a job has come with the log' });

/** A document that is not what the log says. */
const difference = z
  .strictObject({
    collection: z.string(),
    document: z.string().describe('Its id'),
    customerId: entityId.nullable().describe("Whose it is; null: nobody's"),
    kind: z.enum(['differs', 'missing', 'surplus']).describe('Of what is served, beside what the log says'),
    fields: z
      .array(
        z.strictObject({
          field: z.string().describe('By dot path; empty: the whole document'),
          served: z.unknown().describe('null where there is none'),
          expected: z.unknown().describe('What the log says; null where there is none'),
        }),
      )
      .describe('The first of them; after a restart of the service without their values, which may be personal'),
    parted: z
      .strictObject({ eventId: entityId, type: z.string(), position, occurredAt: instant })
      .nullable()
      .describe('The first event that what is served does not show; null where none can be named'),
    healed: z.boolean().describe('It is as the log says by now'),
  })
  .meta({ id: 'ViewDifference', description: 'A document that is not what the log says' });
export type ViewDifference = z.infer<typeof difference>;

/** What came out of comparing documents. */
const comparison = z
  .strictObject({
    documents: z.int().nonnegative().describe('Compared so far'),
    differences: z.int().nonnegative(),
    healed: z.int().nonnegative(),
    parked: z.int().nonnegative().describe('Not compared: they wait for somebody'),
    unsettled: z.int().nonnegative().describe('Not compared: they changed each time they were looked at'),
    items: z.array(difference).describe('The first hundred differences'),
  })
  .meta({ id: 'ViewComparison', description: 'What came out of comparing documents' });
export type ViewComparison = z.infer<typeof comparison>;

const job = {
  id: entityId,
  actor: z.string().describe('Who asked for it'),
  startedAt: instant,
  endedAt: instant.nullable(),
  progress,
  comparison,
  failure: z.string().nullable().describe('Why it failed, or does not come on just now'),
};

export const rebuildRequest = z
  .strictObject({
    view: z.string().min(1).max(100).describe('A view\'s name, or "all": those of a service are built together'),
  })
  .meta({ id: 'RebuildRequest', description: 'Which views to build anew' });

/** Views that are built anew beside those that are served. */
export const rebuildView = z
  .strictObject({
    ...job,
    view: z.string().describe('What was asked for'),
    views: z.array(z.string()).describe('What is built with it'),
    status: z.enum(['building', 'comparing', 'switching', 'switched', 'returning', 'returned', 'cancelled', 'failed']),
    version: z.string().describe('Of the views that are built'),
    previous: z.string().describe('Of the views that were served when it began'),
    kept: z.string().nullable().describe('The version that is not served and to which there is a way; null: dropped'),
  })
  .meta({ id: 'Rebuild', description: 'Views that are built anew beside those that are served' });
export type RebuildView = z.infer<typeof rebuildView>;

export const mostSampled = 10_000;

export const verificationRequest = z
  .strictObject({
    sample: z
      .int()
      .min(1)
      .max(mostSampled)
      .optional()
      .describe('So many customers by chance, with all that is theirs; absent: everything'),
    customers: z.array(entityId).min(1).max(mostSampled).optional().describe('These customers, by any of their ids'),
    heal: z.boolean().optional().describe('Replace what differs by what the log says'),
  })
  .refine(({ sample, customers }) => sample === undefined || customers === undefined, {
    path: ['sample'],
    error: 'cannot be asked together with customers',
  })
  .meta({ id: 'VerificationRequest', description: 'What to compare with the log' });

/** What is served, compared with the log. */
export const verificationView = z
  .strictObject({
    ...job,
    sample: z.int().nullable(),
    customers: z.int().nullable().describe('How many were named'),
    heal: z.boolean(),
    status: z.enum(['building', 'comparing', 'done', 'cancelled', 'failed']),
    version: z.string().describe('Of the views that are compared with the log'),
  })
  .meta({ id: 'Verification', description: 'What is served, compared with the log' });
export type VerificationView = z.infer<typeof verificationView>;
