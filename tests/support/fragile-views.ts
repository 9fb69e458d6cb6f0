import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '@tenure/runtime';
import type { ServiceViews } from '@tenure/runtime/views';

/** Holds a file for each customer, named by the id, whom the projection cannot take. */
const poisoned = process.env.TENURE_TEST_POISONED ?? '';

/** A projection with a fault that a test brings about and mends. @public (loaded by its URL) */
export const views: ServiceViews = {
  projections: [
    {
      name: 'fragile',
      collections: [{ name: 'fragile', indexes: [] }],
      customer({ customer, state }) {
        if (existsSync(join(poisoned, customer.id))) throw new TypeError('this one breaks it');
        return [
          { collection: 'fragile', id: customer.id, document: { _id: customer.id, frequency: state.frequency } },
          ...customer.ids.slice(1).map((id) => ({ collection: 'fragile', id, document: null })),
        ];
      },
    },
  ],
};

export const fragile: Service = {
  name: 'analytics',
  routes: () => [],
  views: { module: import.meta.url, definition: views },
};
