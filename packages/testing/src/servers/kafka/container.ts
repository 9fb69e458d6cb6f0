import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { loopbackPort } from '../loopback-port.ts';
import { KAFKA_VERSION } from './libraries.ts';
import type { KafkaOptions, OwnKafka } from './server.ts';

const IMAGE = `apache/kafka:${KAFKA_VERSION}`;
const CONTROLLER_PORT = 9093;
const START_MS = 60_000;
const POLL_MS = 100;
const READY = 'Kafka Server started';

/** Kafka in a container: one KRaft node, on a port of this machine that stays when it is restarted. */
export async function startKafkaContainer(options: KafkaOptions): Promise<OwnKafka> {
  // Clients use the address that the broker tells them, so it listens inside on the port by which it is reached.
  const port = options.port ?? (await loopbackPort());
  const container = await new GenericContainer(IMAGE)
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: `1@localhost:${CONTROLLER_PORT}`,
      KAFKA_LISTENERS: `PLAINTEXT://:${port},CONTROLLER://:${CONTROLLER_PORT}`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
      KAFKA_DEFAULT_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '1',
      KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withExposedPorts({ container: port, host: port })
    .withWaitStrategy(Wait.forLogMessage(READY))
    .withStartupTimeout(START_MS)
    .start();
  const engine = (await getContainerRuntimeClient()).container.getById(container.getId());
  const timesReady = async (): Promise<number> => {
    const said = await engine.logs({ stdout: true, stderr: true, follow: false });
    return said.toString('utf8').split(READY).length - 1;
  };
  let removed = false;
  return {
    brokers: [`127.0.0.1:${port}`],
    pid: undefined,
    async kill() {
      await engine.kill({ signal: 'SIGKILL' });
      await engine.wait();
    },
    async start() {
      const before = await timesReady();
      await engine.start();
      const deadline = performance.now() + START_MS;
      while ((await timesReady()) === before) {
        if (performance.now() > deadline) throw new Error(`Kafka in a container was not ready in ${START_MS} ms`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async stop() {
      if (removed) return;
      removed = true;
      await container.stop({ timeout: 0 });
    },
  };
}
