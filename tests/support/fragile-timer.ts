import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '@tenure/runtime';
import type { ServiceViews } from '@tenure/runtime/views';

/** Holds a file `fails-ID` for each customer whose timer fails, and gets a file `fired-ID` for each whose timer fired. */
const folder = process.env.TENURE_TEST_TIMERS ?? '';
const dayMs = 86_400_000;

/** A timer with a fault that a test brings about and mends: a day after the first fact. @public (loaded by its URL) */
export const views: ServiceViews = {
  projections: [
    {
      name: 'reminders',
      collections: [{ name: 'reminders', indexes: [{ fields: ['dueAt'] }] }],
      customer: ({ customer, state }) => [
        {
          collection: 'reminders',
          id: customer.id,
          document: { _id: customer.id, dueAt: state.customerSince + dayMs },
        },
      ],
    },
  ],
  timers: [
    {
      name: 'reminders',
      service: 'analytics',
      collection: 'reminders',
      field: 'dueAt',
      key: ({ _id }) => _id,
      async fire(documents) {
        if (documents.some(({ _id }) => existsSync(join(folder, `fails-${_id}`))))
          throw new Error('nobody is reminded');
        for (const { _id } of documents) writeFileSync(join(folder, `fired-${_id}`), '');
      },
    },
  ],
};

export const fragileTimer: Service = {
  name: 'analytics',
  routes: () => [],
  views: { module: import.meta.url, definition: views },
};
