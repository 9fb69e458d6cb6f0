import { defaultLifecycle, defaultProgramme, defaultSatisfaction } from '@tenure/domain';
import type { Service } from '@tenure/runtime';
import { customerRoutes } from './routes/customer.ts';
import { customerListRoutes } from './routes/customer-list.ts';
import { policyRoutes } from './routes/policies.ts';
import { reportRoutes } from './routes/reports.ts';
import { timelineRoutes } from './routes/timeline.ts';
import { views } from './views.ts';

/** The customer view, the lifecycle and the reports. */
export const service: Service = {
  name: 'analytics',
  routes: (context) => [
    ...customerRoutes(context),
    ...customerListRoutes(context),
    ...timelineRoutes(context),
    ...reportRoutes(context),
    ...policyRoutes(context),
  ],
  views: { module: new URL('./views.ts', import.meta.url).href, definition: views },
  // The programme, too: the documents show tiers, and this service may start before the one that owns them.
  policies: [defaultLifecycle, defaultSatisfaction, defaultProgramme],
};
