import { startRelayProcess } from '@tenure/relay';
import { createLog, loadConfig } from '@tenure/runtime';
import { standaloneConfig } from '@tenure/standalone';
import { engineEnv } from '@tenure/testing/cluster';
import {
  hasKafka,
  hasMongoDB,
  type KafkaServer,
  type MongoDBServer,
  startEventStoreDB,
  startKafka,
  startMongoDB,
} from '@tenure/testing/servers';
import { isFull } from './chance.ts';
import { idKey } from './id-key.ts';

/** One empty system's engines: variables for its processes, and what has to run beside them. */
export interface EnginesOfSystem {
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Engines that a suite runs on. */
export interface EnginesUnderTest {
  /** Those of a new, empty system. */
  create(): Promise<EnginesOfSystem>;
  /** Ends what `create` needed. */
  close(): Promise<void>;
}

export interface EngineSet {
  readonly name: string;
  /** What they need and is not here; undefined where they can run. */
  readonly missing: string | undefined;
  /** Whether a suite can afford to ask for everything. */
  readonly isFast: boolean;
  open(): Promise<EnginesUnderTest>;
}

const embedded: EngineSet = {
  name: 'embedded',
  missing: undefined,
  isFast: true,
  open: async () => ({ create: async () => ({ env: {}, close: async () => undefined }), close: async () => undefined }),
};

const distributed: EngineSet = {
  name: 'EventStoreDB, Kafka and MongoDB',
  missing:
    isFull && hasKafka() && hasMongoDB()
      ? undefined
      : 'TENURE_TEST_FULL=1, and servers: Java 17 and Python 3.11, or Docker',
  isFast: false,
  open: async () => {
    const [kafka, mongo] = await Promise.all([startKafka(), startMongoDB()]);
    return {
      create: () => createDistributed(kafka, mongo),
      close: async () => {
        await Promise.all([kafka.stop(), mongo.stop()]);
      },
    };
  },
};

/** What the end-to-end suites run on, all of them alike. */
export const engineSets: readonly EngineSet[] = [embedded, distributed];

async function createDistributed(kafka: KafkaServer, mongo: MongoDBServer): Promise<EnginesOfSystem> {
  const eventStore = await startEventStoreDB();
  const env = { ...engineEnv({ eventStore, kafka, mongo }), TENURE_ID_KEY: idKey };
  const config = loadConfig(standaloneConfig, { ...env, TENURE_PORT: '0', TENURE_LOG_LEVEL: 'error' });
  const relay = await startRelayProcess(config, createLog({ level: 'error', service: 'relay' }));
  return {
    env,
    close: async () => {
      await relay.stop();
      await eventStore.stop();
    },
  };
}
