import { createKafkaPublisher, ensureTopics } from '@tenure/event-bus/kafka';
import {
  type BaseConfig,
  enginesOf,
  kafkaParts,
  type Log,
  type Stoppable,
  serveLog,
  serveOperations,
  untilAvailable,
} from '@tenure/runtime';
import { type Relay, startRelay } from './relay.ts';

/** The configured engines leave nothing to relay. */
class NothingToRelayError extends Error {
  readonly code = 'nothing-to-relay';
  constructor() {
    super(
      'TENURE_EVENT_STORE and TENURE_EVENT_BUS: the relay carries EventStoreDB to Kafka; an embedded log needs no relay',
    );
    this.name = 'NothingToRelayError';
  }
}

export interface RelayProcess extends Stoppable {
  readonly relay: Relay;
}

/**
 * Carries the configured log to the configured bus, and answers those who run it.
 * @throws {NothingToRelayError} {ConfigError} and what the log's adapter throws
 */
export async function startRelayProcess(config: BaseConfig, log: Log): Promise<RelayProcess> {
  const engines = enginesOf(config);
  if (engines.eventStore.kind === 'sqlite' || engines.eventBus.kind === 'embedded') throw new NothingToRelayError();
  const opened = new AsyncDisposableStack();
  try {
    const served = await serveLog(engines, {
      directory: config.TENURE_DATA,
      now: Date.now,
      onIndexFault: (fault) => log.warn({ fault }, 'the index by customer is not right, and read around'),
    });
    opened.defer(() => served.close());
    const { connection, topics } = await kafkaParts(engines.eventBus, (level, message, details) =>
      log[level](details, message),
    );
    await untilAvailable(() => ensureTopics(connection, topics));
    const relay = startRelay({
      store: served.store,
      publisher: createKafkaPublisher({ connection, topics, now: () => performance.now() }),
      log: (level, message, details) => log[level](details, message),
    });
    opened.defer(() => relay.stop());
    const server = await serveOperations({
      config,
      info: { title: 'Tenure relay', version: '0.1.0', description: 'Carries the log to the bus.' },
      log,
      dependencies: [
        { name: 'event-store', check: served.check },
        { name: 'event-bus', check: () => relay.failure?.message },
      ],
      onStop: () => opened.disposeAsync(),
    });
    return { ...server, relay };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}
