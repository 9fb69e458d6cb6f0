import type { Service } from '@tenure/runtime';
import { complaintFact } from './facts.ts';
import { actionRoutes } from './routes/actions.ts';
import { complaintRoutes } from './routes/complaints.ts';
import { views } from './views.ts';

/** Complaints, from filing to closing. */
export const service: Service = {
  name: 'complaint',
  facts: (context) => [complaintFact(context)],
  routes: (context) => [...complaintRoutes(context), ...actionRoutes(context)],
  views: { module: new URL('./views.ts', import.meta.url).href, definition: views },
};
