import type { Service } from '@tenure/runtime';
import { batchRoute } from './routes/batch.ts';
import { factRoutes, facts } from './routes/facts.ts';
import { importRoutes } from './routes/imports.ts';
import { purchaseRoutes } from './routes/purchases.ts';

/** Purchases, refunds, contacts, follow-up visits and surveys. */
export const service: Service = {
  name: 'interaction',
  facts,
  routes: (context) => [
    ...factRoutes(context),
    batchRoute(context),
    ...purchaseRoutes(context),
    ...importRoutes(context),
  ],
};
