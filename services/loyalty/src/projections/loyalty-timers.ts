import type { DocumentChange, Projection } from '@tenure/runtime/views';

/** When time alone changes a customer's points or tier next: a row for each customer it will. `dueAt` in ms. */
export const loyaltyTimers: Projection = {
  name: 'loyalty-timers',
  collections: [{ name: 'loyalty-timers', indexes: [{ fields: ['dueAt'] }] }],

  customer({ customer, state }): readonly DocumentChange[] {
    const dueAt = state.nextLoyaltyChangeAt;
    const last = customer.notes.get('loyalty-timers');
    // Who never had points has no row. Of all others it is not known what was written before they were folded anew.
    if (last === dueAt || (last === undefined && state.account.entries.length === 0)) return [];
    customer.notes.set('loyalty-timers', dueAt);
    const aliases = customer.ids.filter((id) => id !== customer.id);
    return [
      { collection: 'loyalty-timers', id: customer.id, document: { _id: customer.id, dueAt } },
      ...aliases.map((id) => ({ collection: 'loyalty-timers', id, document: null })),
    ];
  },
};
