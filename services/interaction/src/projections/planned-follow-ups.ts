import type { Document } from '@tenure/read-store';
import { type DocumentChange, idOfStream, type Projection } from '@tenure/runtime/views';

export const plannedFollowUpsCollection = 'planned-follow-ups';

/** A follow-up visit that is neither done nor missed. `dueAt` in ms. */
export interface PlannedFollowUp extends Document {
  readonly stream: string;
  /** Whose events they are: the customer's id, else the stream. */
  readonly key: string;
  readonly dueAt: number;
}

/** The visits that somebody still has to make, for the timer that says which were missed. */
export const plannedFollowUps: Projection = {
  name: 'planned-follow-ups',
  collections: [{ name: plannedFollowUpsCollection, indexes: [{ fields: ['dueAt'] }] }],
  eventTypes: new Set(['FollowUpScheduled', 'FollowUpMoved', 'FollowUpMissed', 'FollowUpDone']),

  async event(event): Promise<readonly DocumentChange[]> {
    const id = idOfStream(event.stream);
    const change = (document: PlannedFollowUp | null) => [{ collection: plannedFollowUpsCollection, id, document }];
    switch (event.type) {
      case 'FollowUpScheduled':
      case 'FollowUpMoved':
        return change({
          _id: id,
          stream: event.stream,
          key: event.customerId ?? event.stream,
          dueAt: Date.parse(event.data.dueAt),
        });
      case 'FollowUpMissed':
      case 'FollowUpDone':
        return change(null);
      default:
        return [];
    }
  },
};
