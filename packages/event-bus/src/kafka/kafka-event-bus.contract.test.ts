import { hasKafka, startKafka } from '@tenure/testing/servers';
import { afterAll, describe, vi } from 'vitest';
import { eventBusContract } from '../contract.ts';
import { openBusWorld } from './fixtures/bus-world.ts';
import { carry } from './fixtures/carry.ts';

const partitions = 3;
// A real server, on machines that do other things too.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

describe.skipIf(!hasKafka())('on a real Kafka (skipped where there is none: set TENURE_KAFKA_URL)', () => {
  let server: ReturnType<typeof startKafka> | undefined;
  afterAll(async () => {
    await (await server)?.stop();
  });

  eventBusContract('kafka', async () => {
    server ??= startKafka();
    const world = await openBusWorld(await server, partitions);
    const relay = carry(world.store, world.publisher());
    return {
      store: world.store,
      partitions,
      openBus: (parkingLot) => world.openBus(parkingLot),
      close: async () => {
        await relay.stop();
        await world.close();
      },
    };
  });
});
