import { describe } from 'vitest';
import type { EventStoreHarness } from '../contract/harness.ts';
import { personalDataContract } from '../contract/personal-data.ts';
import { readContract } from '../contract/read.ts';
import { eventStoreContract } from '../contract.ts';
import { hasServers, LogOnServers, oneMongoDB, PATIENCE_MS, titled } from './fixtures/servers.ts';

describe.skipIf(!hasServers)(titled('on EventStoreDB'), { timeout: PATIENCE_MS }, () => {
  const mongo = oneMongoDB();

  const harness =
    (options: { readonly maintainsIndex: boolean; readonly systemEventEvery?: number }) =>
    async (): Promise<EventStoreHarness> => {
      const { maintainsIndex, ...server } = options;
      const log = await LogOnServers.start(mongo(), server);
      const index = await log.index();
      return {
        atomicUnits: false,
        orderedUnits: false,
        connect: (client) => log.store({ ...client, index, maintainsIndex }),
        restart: async () => {
          await log.server.kill();
          await log.server.start();
        },
        destroyKey: (owner) => log.keys.destroy(owner),
        dispose: () => log.stop(),
      };
    };

  eventStoreContract('eventstoredb', harness({ maintainsIndex: true }));

  // The server's own events stand everywhere between ours, and nobody maintains the index.
  const bare = harness({ maintainsIndex: false, systemEventEvery: 2 });
  readContract('eventstoredb, without an index', bare);
  personalDataContract('eventstoredb, without an index', bare);
});
