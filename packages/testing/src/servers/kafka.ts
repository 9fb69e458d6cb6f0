import { randomBytes } from 'node:crypto';
import { startKafkaContainer } from './kafka/container.ts';
import { startLocalKafka } from './kafka/local.ts';
import type { KafkaOptions, KafkaServer, OwnKafka } from './kafka/server.ts';
import { serversMode, testsHaveServers } from './mode.ts';

/** Whether tests have one: where one can be started, in the long runs. */
export function hasKafka(): boolean {
  return givenBrokers() !== undefined || testsHaveServers();
}

/**
 * Starts Kafka on loopback, and resolves when it serves: `TENURE_KAFKA_URL` (host:port, separated by commas), if set,
 * names one to use instead; else Apache Kafka from Maven Central, or in a container, as `serversMode` says.
 * @throws where there is none
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const given = givenBrokers();
  if (given !== undefined) return givenServer(given);
  const mode = serversMode();
  switch (mode) {
    case 'local':
      return named(await startLocalKafka(options));
    case 'docker':
      return named(await startKafkaContainer(options));
    case 'none':
      throw new Error(
        'No Kafka for tests: TENURE_TEST_SERVERS is "none", or there is neither Java and Python nor Docker here, and TENURE_KAFKA_URL is not set',
      );
  }
}

function givenBrokers(): readonly string[] | undefined {
  const brokers = process.env.TENURE_KAFKA_URL?.split(',').filter((broker) => broker !== '') ?? [];
  return brokers.length === 0 ? undefined : brokers;
}

function named(server: OwnKafka): KafkaServer {
  return {
    get brokers() {
      return server.brokers;
    },
    get pid() {
      return server.pid;
    },
    ours: true,
    prefix: randomPrefix,
    kill: () => server.kill(),
    start: () => server.start(),
    stop: () => server.stop(),
  };
}

function givenServer(brokers: readonly string[]): KafkaServer {
  const refused = async (): Promise<never> => {
    throw new Error('TENURE_KAFKA_URL names a server that tests neither kill nor start');
  };
  return {
    brokers,
    pid: undefined,
    ours: false,
    prefix: randomPrefix,
    kill: refused,
    start: refused,
    stop: () => Promise.resolve(),
  };
}

function randomPrefix(): string {
  return `tenure-test-${randomBytes(8).toString('hex')}`;
}
