import { z } from 'zod';
import { entityId, instant } from '../common.ts';
import { instantParameter } from '../instant.ts';
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

/** An event as answers name it. */
const namedEvent = z.strictObject({
  eventId: entityId,
  position,
  type: z.string(),
  occurredAt: instant,
  recordedAt: instant,
});
export type NamedEvent = z.infer<typeof namedEvent>;

/** An event behind a derived value. */
const evidence = namedEvent
  .extend({
    service: z.string(),
    actor: z.string(),
    source: z.string().nullable().describe('Who published it; null for a step of a process'),
    id: z.string().describe("The publisher's id, or the process' stream"),
  })
  .meta({ id: 'Evidence', description: 'An event behind a derived value' });
export type Evidence = z.infer<typeof evidence>;

/** Why a value is what it is: the rule, the policy it is from, the numbers that met it, and the events. */
export interface Explanation {
  readonly field: string;
  readonly value: string | number | null;
  readonly since: string | null;
  readonly rule: string;
  readonly policy: { readonly name: string; readonly version: number } | null;
  readonly numbers: Readonly<Record<string, string | number>>;
  readonly words: { readonly en: string; readonly zh: string };
  readonly events: readonly Evidence[];
  readonly eventCount: number;
  readonly because: readonly Explanation[];
}

const explanation: z.ZodType<Explanation> = z
  .strictObject({
    field: z.string(),
    value: z.union([z.string(), z.number()]).nullable(),
    since: instant.nullable(),
    rule: z.string(),
    policy: z.strictObject({ name: z.string(), version: z.int().positive() }).nullable(),
    numbers: z.record(z.string(), z.union([z.string(), z.number()])),
    words: z.strictObject({ en: z.string(), zh: z.string() }),
    events: z.array(evidence).describe('The latest of them, in order'),
    eventCount: z.int().nonnegative().describe('How many there are in all'),
    get because() {
      return z.array(explanation).describe('What came before it, or its parts');
    },
  })
  .meta({ id: 'Explanation', description: 'Why a derived value is what it is' });

export const whyQuery = asOfQuery.extend({
  field: z.enum(['stage', 'tier', 'points', 'satisfaction', 'class', 'spend']).describe('The derived value'),
});

export const whyAnswer = z
  .strictObject({ customerId: entityId, asOf: instant, knownAt: instant, position, explanation })
  .meta({ id: 'Why', description: 'The chain of events behind a derived value' });

export const diffQuery = z.strictObject({
  from: instantParameter.describe('The earlier instant in the world'),
  to: instantParameter.describe('The later one'),
  knownAt: asOfQuery.shape.knownAt,
});

/** What changed about a customer between two instants, and the events in between. */
export const customerDiff = z
  .strictObject({
    customerId: entityId,
    from: instant,
    to: instant,
    knownAt: instant,
    changes: z.array(
      z.strictObject({
        field: z.string().describe('By dot path, the service first'),
        before: z.unknown().describe('null if there was none'),
        after: z.unknown().describe('null if there is none any more'),
      }),
    ),
    events: z.array(historyItem).describe('What happened after `from` and up to `to`; the latest of it'),
    eventCount: z.int().nonnegative(),
  })
  .meta({ id: 'CustomerDiff', description: 'What changed about a customer between two instants' });

/** The past of a customer that turned out otherwise than had been recorded. */
export const restatement = z
  .strictObject({
    position,
    recordedAt: instant.describe('When it became known'),
    of: z.enum(['stage', 'loyalty']),
    validFrom: instant.describe('From when on the past is otherwise'),
    causedBy: namedEvent
      .nullable()
      .describe('The event that it became known by; null when it is not part of this history'),
    data: z.record(z.string(), z.unknown()).describe('What stands since'),
  })
  .meta({ id: 'Restatement', description: 'A past that turned out otherwise than recorded' });
export type Restatement = z.infer<typeof restatement>;

export const restatementsQuery = listQuery
  .omit({ sort: true, filter: true })
  .extend({ knownAt: asOfQuery.shape.knownAt });
