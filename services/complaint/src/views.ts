import type { ServiceViews } from '@tenure/runtime/views';
import { complaints } from './projections/complaints.ts';

/** What the complaint service makes of events. */
export const views: ServiceViews = { projections: [complaints] };
