import { defaultProgramme } from '@tenure/domain';
import type { Service } from '@tenure/runtime';
import { loyaltyRoutes } from './routes.ts';
import { views } from './views.ts';

/** Points and tiers: keeps the programme, records what it comes to, answers where a customer stands. */
export const service: Service = {
  name: 'loyalty',
  routes: loyaltyRoutes,
  views: { module: new URL('./views.ts', import.meta.url).href, definition: views },
  policies: [defaultProgramme],
};
