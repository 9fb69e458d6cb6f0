import type { Service } from '@tenure/runtime';
import { historyRoutes } from './routes/history.ts';
import { stateRoutes } from './routes/state.ts';

/** Answers from the log itself: every event, and the state as of any instant. */
export const service: Service = {
  name: 'audit',
  routes: (context) => [...historyRoutes(context), ...stateRoutes(context)],
};
