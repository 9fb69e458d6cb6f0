import type { DocumentChange, Projection } from '@tenure/runtime/views';
import { complaintItemOf } from '../complaint-view.ts';

export const complaintsCollection = 'complaints';

/** A document for each complaint, made anew with each event of its stream. What people said is read from the log. */
export const complaints: Projection = {
  name: 'complaints',
  collections: [
    {
      name: complaintsCollection,
      indexes: [
        { fields: ['filedAt'] },
        { fields: ['status', 'filedAt'] },
        { fields: ['open', 'filedAt'] },
        { fields: ['customerId'] },
        { fields: ['department'] },
      ],
    },
  ],
  eventTypes: new Set([
    'ComplaintFiled',
    'ComplaintAcknowledged',
    'ComplaintAssigned',
    'ComplaintAnalysed',
    'ComplaintResolved',
    'ComplaintFollowedUp',
    'ComplaintClosed',
    'ComplaintReopened',
  ]),

  async event({ stream, revision }, { store }): Promise<readonly DocumentChange[]> {
    // What came after this event belongs to the documents of those events.
    const item = complaintItemOf(await store.readStream(stream, { limit: revision + 1 }));
    if (item === undefined) return [];
    return [{ collection: complaintsCollection, id: item.id, document: { _id: item.id, ...item } }];
  },
};
