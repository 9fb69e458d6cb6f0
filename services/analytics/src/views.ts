import type { ServiceViews } from '@tenure/runtime/views';
import { customers } from './projections/customers.ts';
import { salesFacts } from './projections/sales-facts.ts';
import { stageHistories } from './projections/stage-histories.ts';
import { standings } from './projections/standings.ts';
import { surveyAnswers } from './projections/survey-answers.ts';
import { lifecycleRecorder } from './recorders/lifecycle.ts';

/** What analytics makes of events. */
export const views: ServiceViews = {
  projections: [customers, stageHistories, salesFacts, surveyAnswers, standings],
  recorders: [lifecycleRecorder],
};
