import { aggregateContract } from './contract/aggregate.ts';
import { cursorContract } from './contract/cursor.ts';
import { filterContract } from './contract/filter.ts';
import type { EngineTraits, ReadStoreHarness } from './contract/harness.ts';
import { modelContract } from './contract/model.ts';
import { sortContract } from './contract/sort.ts';
import { streamContract } from './contract/stream.ts';
import { versionContract } from './contract/version.ts';
import { writeContract } from './contract/write.ts';

export type { EngineTraits, ReadStoreHarness } from './contract/harness.ts';

/** What every read store must do. `create` makes an empty one, once for each test. */
export function readStoreContract(
  name: string,
  create: () => Promise<ReadStoreHarness>,
  traits: EngineTraits = { writers: 'exclusive', speed: 'fast' },
): void {
  writeContract(name, create);
  filterContract(name, create);
  sortContract(name, create);
  cursorContract(name, create);
  streamContract(name, create);
  aggregateContract(name, create);
  versionContract(name, create, traits);
  modelContract(name, create, traits);
}
