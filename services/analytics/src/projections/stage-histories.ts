import type { Stage } from '@tenure/contracts';
import type { Document } from '@tenure/read-store';
import type { DocumentChange, KnownCustomer, Projection } from '@tenure/runtime/views';

/** When a customer was in which stage. A stage lasts weeks at least, so the list stays short. Instants in ms. */
export interface StageHistory extends Document {
  readonly customerSince: number;
  readonly steps: readonly { readonly from: Stage; readonly to: Stage; readonly at: number }[];
}

/** What was written last about a customer, to write only what changed. */
const written = new WeakMap<KnownCustomer, string>();

/** The stages each customer went through, for flows and time in stage. */
export const stageHistories: Projection = {
  name: 'stage-histories',
  collections: [{ name: 'stage-histories', indexes: [] }],

  customer({ customer, state }): readonly DocumentChange[] {
    const mark = `${customer.fold.generation} ${state.transitions.length} ${state.customerSince}`;
    if (written.get(customer) === mark) return [];
    written.set(customer, mark);
    const document: StageHistory = {
      _id: customer.id,
      customerSince: state.customerSince,
      steps: state.transitions.map(({ from, to, at }) => ({ from, to, at })),
    };
    const aliases = customer.ids.filter((id) => id !== customer.id);
    return [
      { collection: 'stage-histories', id: customer.id, document },
      ...aliases.map((id) => ({ collection: 'stage-histories', id, document: null })),
    ];
  },
};
