import type { ServiceViews } from '@tenure/runtime/views';
import { conflicts } from './projections/conflicts.ts';
import { plannedFollowUps } from './projections/planned-follow-ups.ts';
import { missedFollowUps } from './timers/missed-follow-ups.ts';

/** What interaction makes of events. */
export const views: ServiceViews = {
  projections: [conflicts, plannedFollowUps],
  timers: [missedFollowUps],
};
