import { z } from 'zod';
import { entityId, instant } from '../common.ts';
import { text } from '../text.ts';
import { position } from './common.ts';

/** A topic's name, a partition and an offset may stand in it, or what a client gave. */
export const correlationParams = z.strictObject({
  id: text({ min: 1, max: 300, pattern: /^[\x21-\x7e]+$/, error: 'must be 1 to 300 visible ASCII characters' }),
});

export const traceParams = z.strictObject({ traceId: entityId });

/** An event as one of those that belong together: what happened and why, without what it says. */
const relatedEvent = z
  .strictObject({
    eventId: entityId,
    position,
    recordedAt: instant,
    occurredAt: instant,
    type: z.string(),
    service: z.string(),
    stream: z.string(),
    customerId: entityId.nullable(),
    actor: z.string(),
    causationId: z.string(),
    correlationId: z.string(),
    traceId: entityId.nullable().describe('Of the W3C trace context; null when it was not traced'),
    erased: z.literal(true).optional().describe('Its personal data was erased'),
  })
  .meta({ id: 'RelatedEvent', description: 'An event with who, when and why, without its content' });
export type RelatedEvent = z.infer<typeof relatedEvent>;

/** An event with what it led to. */
export interface CausedEvent {
  readonly eventId: string;
  readonly position: string;
  readonly type: string;
  readonly children: readonly CausedEvent[];
}

const causedEvent: z.ZodType<CausedEvent> = z
  .strictObject({
    eventId: entityId,
    position,
    type: z.string(),
    get children() {
      return z.array(causedEvent).describe('The events that it caused, in order');
    },
  })
  .meta({ id: 'CausedEvent', description: 'An event with the events that it caused' });

/** What no event of the correlation caused, with all that it led to. */
const correlationRoot = z.strictObject({
  causationId: z.string(),
  kind: z.enum(['request', 'timer']).describe('A request, message or start of a process; or time alone'),
  children: z.array(causedEvent).describe('The events that it caused, in order'),
});
export type CorrelationRoot = z.infer<typeof correlationRoot>;

/** How many events such an answer holds at most. */
export const mostRelatedEvents = 1_000;

const events = z
  .array(relatedEvent)
  .max(mostRelatedEvents)
  .describe(`In log order, the first ${mostRelatedEvents} at most`);
const truncated = z
  .boolean()
  .describe(`Whether there are more than ${mostRelatedEvents}; what comes after is left out`);

/** All that one request, message or timer led to, over all services. */
export const correlation = z
  .strictObject({
    correlationId: z.string(),
    traceIds: z.array(entityId).describe('The traces that it was part of'),
    events,
    roots: z.array(correlationRoot).describe('The same events as trees, by what caused them'),
    truncated,
  })
  .meta({ id: 'Correlation', description: 'All that one request, message or timer led to' });
export type Correlation = z.infer<typeof correlation>;

/** The events of a trace. */
export const traceEvents = z
  .strictObject({
    traceId: entityId,
    correlationIds: z.array(z.string()).describe('The correlations that the events belong to'),
    events,
    truncated,
  })
  .meta({ id: 'TraceEvents', description: 'The events of a W3C trace' });
