import type { Service } from '@tenure/runtime';
import { batchRoute } from './routes/batch.ts';
import { conflictsRoute } from './routes/conflicts.ts';
import { factRoutes, facts } from './routes/facts.ts';
import { followUpRoutes } from './routes/follow-ups.ts';
import { importRoutes } from './routes/imports.ts';
import { purchaseRoutes } from './routes/purchases.ts';
import { views } from './views.ts';

/** Purchases, refunds, contacts, follow-up visits and surveys. */
export const service: Service = {
  name: 'interaction',
  facts,
  routes: (context) => [
    ...factRoutes(context),
    batchRoute(context),
    ...purchaseRoutes(context),
    ...followUpRoutes(context),
    ...importRoutes(context),
    conflictsRoute(context),
  ],
  views: { module: new URL('./views.ts', import.meta.url).href, definition: views },
};
