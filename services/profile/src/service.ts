import type { Service } from '@tenure/runtime';
import { customerRoutes } from './routes/customers.ts';

/** Who customers are: attributes, contact points, keys. */
export const service: Service = { name: 'profile', routes: customerRoutes };
