import { randomBytes } from 'node:crypto';
import { Kafka, type KafkaConfig, logLevel, type RetryOptions } from 'kafkajs';
import { pause } from '../subscription/pause.ts';

export type KafkaLogLevel = 'error' | 'warn' | 'info' | 'debug';

/** How Kafka is reached. */
export interface KafkaConnection {
  /** host:port of each. */
  readonly brokers: readonly string[];
  readonly ssl?: NonNullable<KafkaConfig['ssl']>;
  readonly sasl?: NonNullable<KafkaConfig['sasl']>;
  /** What the client has to say. */
  readonly log: (level: KafkaLogLevel, message: string, details: Readonly<Record<string, unknown>>) => void;
}

/** The client says these at its error level, though they are how things go. */
const ordinary = ['concurrent operation', 'rebalancing', 'Limiting retries', 'coordinator'];

const levels: Readonly<Record<number, KafkaLogLevel>> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'info',
};

/**
 * A client of its own name: members of one process come next to each other in every consumer group, so that the same
 * partitions are given to it in all of them.
 */
export function connectKafka({ brokers, ssl, sasl, log }: KafkaConnection, retry: RetryOptions): Kafka {
  return new Kafka({
    clientId: `tenure-${randomBytes(6).toString('hex')}`,
    brokers: [...brokers],
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    retry,
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, namespace, log: { message, timestamp: _, ...rest } }) => {
        const details = { namespace, ...rest };
        const isOrdinary = ordinary.some((part) => message.includes(part) || String(rest.error).includes(part));
        log(isOrdinary ? 'debug' : (levels[level] ?? 'debug'), message, details);
      },
  });
}

/** For clients that are made anew when these are used up. */
export const patientRetry: RetryOptions = {
  initialRetryTime: 50,
  factor: 0,
  multiplier: 2,
  maxRetryTime: 1_000,
  retries: 5,
};

/**
 * Disconnects, or gives up waiting for it: KafkaJS may wait for ever for a broker that is away, and there is nothing
 * left to lose then.
 */
export async function disconnect(client: { disconnect(): Promise<void> }, patienceMs = 5_000): Promise<void> {
  const given = new AbortController();
  // A connection that cannot be ended in good order is gone as well.
  const ended = client.disconnect().catch(() => undefined);
  await Promise.race([ended, pause(patienceMs, given.signal)]);
  given.abort();
}
