import { appendContract } from './contract/append.ts';
import { checkpointContract } from './contract/checkpoint.ts';
import type { EventStoreHarness } from './contract/harness.ts';
import { modelContract } from './contract/model.ts';
import { personalDataContract } from './contract/personal-data.ts';
import { readContract } from './contract/read.ts';
import { relatedContract } from './contract/related.ts';
import { subscribeContract } from './contract/subscribe.ts';

export type { EventStoreHarness } from './contract/harness.ts';

/** What every event store must do. `create` makes an empty log, once for each test. */
export const eventStoreContract = (name: string, create: () => Promise<EventStoreHarness>): void => {
  appendContract(name, create);
  readContract(name, create);
  relatedContract(name, create);
  subscribeContract(name, create);
  personalDataContract(name, create);
  checkpointContract(name, create);
  modelContract(name, create);
};
