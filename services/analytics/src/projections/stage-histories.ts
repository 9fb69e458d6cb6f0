import type { Stage } from '@tenure/contracts';
import type { Document } from '@tenure/read-store';
import type { DocumentChange, Projection } from '@tenure/runtime/views';

/** When a customer was in which stage. A stage lasts weeks at least, so the list stays short. Instants in ms. */
export interface StageHistory extends Document {
  readonly customerSince: number;
  readonly steps: readonly { readonly from: Stage; readonly to: Stage; readonly at: number }[];
}

/** The stages each customer went through, for flows and time in stage. */
export const stageHistories: Projection = {
  name: 'stage-histories',
  collections: [{ name: 'stage-histories', indexes: [] }],

  customer({ customer, state }): readonly DocumentChange[] {
    const document: StageHistory = {
      _id: customer.id,
      customerSince: state.customerSince,
      steps: state.transitions.map(({ from, to, at }) => ({ from, to, at })),
    };
    const note = JSON.stringify(document);
    if (customer.notes.get('stage-histories') === note) return [];
    customer.notes.set('stage-histories', note);
    const aliases = customer.ids.filter((id) => id !== customer.id);
    return [
      { collection: 'stage-histories', id: customer.id, document },
      ...aliases.map((id) => ({ collection: 'stage-histories', id, document: null })),
    ];
  },
};
