import type { Service } from '@tenure/runtime';
import { correlationRoutes } from './routes/correlations.ts';
import { diffRoutes } from './routes/diff.ts';
import { historyRoutes } from './routes/history.ts';
import { restatementRoutes } from './routes/restatements.ts';
import { stateRoutes } from './routes/state.ts';
import { whatIfRoutes } from './routes/what-if.ts';
import { whyRoutes } from './routes/why.ts';

/** Answers from the log itself: every event, and the state as of any instant. */
export const service: Service = {
  name: 'audit',
  routes: (context) => [
    ...historyRoutes(context),
    ...stateRoutes(context),
    ...whyRoutes(context),
    ...diffRoutes(context),
    ...restatementRoutes(context),
    ...correlationRoutes(context),
    ...whatIfRoutes(context),
  ],
};
