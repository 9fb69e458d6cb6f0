import type { DocumentChange, Projection } from '@tenure/runtime/views';
import { customerDocument } from './customer-document.ts';

/** One document per customer, and for each other id of theirs where to find it. */
export const customers: Projection = {
  name: 'customers',
  collections: [
    {
      name: 'customers',
      indexes: [
        { fields: ['stage'] },
        { fields: ['tier'] },
        { fields: ['class'] },
        { fields: ['satisfaction'] },
        { fields: ['points'] },
        { fields: ['lastPurchaseAt'] },
        { fields: ['customerSince'] },
        { fields: ['_times.nextStageChangeAt'] },
        { fields: ['_times.nextReviewAt'] },
        { fields: ['_times.policiesAt'] },
      ],
    },
    { name: 'aliases', indexes: [] },
  ],

  customer({ customer, state, policiesAt }): readonly DocumentChange[] {
    const changes: DocumentChange[] = [
      {
        collection: 'customers',
        id: customer.id,
        document: customerDocument(state, customer.ids, customer.changedAt, {
          revision: customer.profileRevision,
          knownAt: customer.standings?.learnedAt ?? 0,
          policiesAt,
        }),
      },
    ];
    for (const alias of customer.ids) {
      if (alias === customer.id) continue;
      changes.push({ collection: 'customers', id: alias, document: null });
      changes.push({ collection: 'aliases', id: alias, document: { _id: alias, canonicalId: customer.id } });
    }
    return changes;
  },
};
