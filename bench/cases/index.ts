import type { Case } from '../harness/case.ts';
import { asOfCase } from './as-of.ts';
import { batchCase } from './batch.ts';
import { clusterScaleCase } from './cluster-scale.ts';
import { clusterVisibleCase } from './cluster-visible.ts';
import { growthCase } from './growth.ts';
import { lateCase } from './late.ts';
import { listCase } from './list.ts';
import { mongoViewsCase } from './mongo-views.ts';
import { overloadCase } from './overload.ts';
import { pipelineCase } from './pipeline.ts';
import { postCase } from './post.ts';
import { rebuildCase } from './rebuild.ts';
import { rebuildOnlineCase } from './rebuild-online.ts';
import { relayCase } from './relay.ts';
import { startCase } from './start.ts';
import { timersCase } from './timers.ts';
import { viewCase } from './view.ts';
import { whatIfCase } from './what-if.ts';

export const cases: readonly Case[] = [
  postCase,
  batchCase,
  pipelineCase,
  rebuildCase,
  lateCase,
  viewCase,
  listCase,
  asOfCase,
  growthCase,
  startCase,
  rebuildOnlineCase,
  overloadCase,
  whatIfCase,
  timersCase,
  relayCase,
  mongoViewsCase,
  clusterVisibleCase,
  clusterScaleCase,
];
