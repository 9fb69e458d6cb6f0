import type { ServiceViews } from '@tenure/runtime/views';
import { loyaltyTimers } from './projections/loyalty-timers.ts';
import { loyaltyRecorder } from './recorders/loyalty.ts';

/** What loyalty makes of events. */
export const views: ServiceViews = { projections: [loyaltyTimers], recorders: [loyaltyRecorder] };
