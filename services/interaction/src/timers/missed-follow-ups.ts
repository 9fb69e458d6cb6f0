import { type FollowUpEvent, followUpDecider, type Happening } from '@tenure/domain';
import { type EventMetadata, eventId, type StreamAppend } from '@tenure/event-store';
import type { Document } from '@tenure/read-store';
import { idOfStream, newEvent, stateOf, type Timer, type ViewsContext } from '@tenure/runtime/views';
import { plannedFollowUpsCollection } from '../projections/planned-follow-ups.ts';

const name = 'missed-follow-ups';

/**
 * Says that a visit was missed once it has fallen due. A visit that was done or moved meanwhile is left alone: whatever
 * did that moves its document too. An append that meets a conflict is tried again with the next round.
 */
export const missedFollowUps: Timer = {
  name,
  service: 'interaction',
  collection: plannedFollowUpsCollection,
  field: 'dueAt',
  key: ({ key }) => String(key),

  async fire(documents, asOf, { store }): Promise<void> {
    const units = (await Promise.all(documents.map((document) => missed(document, asOf, store)))).flat();
    if (units.length > 0) await store.append(units.map((append) => [append]));
  },
};

async function missed(
  { stream }: Document,
  asOf: number,
  store: ViewsContext['store'],
): Promise<readonly StreamAppend[]> {
  if (typeof stream !== 'string') throw new Error('a planned follow-up names its stream');
  const history = await store.readStream(stream);
  const state = stateOf(followUpDecider, history);
  const decision = followUpDecider.decide({ type: 'MissFollowUp', asOf }, state);
  if (decision.kind !== 'accepted') return [];
  return [{ stream, expected: history.length - 1, events: eventsOf(decision.events, stream) }];
}

/** Ids follow from what fell due and when: the same miss written twice is one event. */
function eventsOf(events: readonly Happening<FollowUpEvent>[], stream: string): StreamAppend['events'] {
  return events.map((event, index) => {
    const commandId = `${name}:${idOfStream(stream)}:${event.occurredAt}`;
    const metadata: EventMetadata = {
      actor: 'interaction',
      service: 'interaction',
      commandId,
      causationId: `timer:${name}`,
      correlationId: commandId,
    };
    return newEvent(event, eventId(commandId, index), metadata);
  });
}
