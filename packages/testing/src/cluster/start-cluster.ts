import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EventStoreDBServer,
  type KafkaServer,
  type MongoDBServer,
  startEventStoreDB,
  startKafka,
  startMongoDB,
} from '../servers/index.ts';
import { loopbackPort } from '../servers/loopback-port.ts';
import { ServiceProcess } from './service-process.ts';

/** The services that have an API, in the order in which the gateway asks them. */
export const apiServices = ['profile', 'interaction', 'complaint', 'loyalty', 'analytics', 'audit'] as const;
export type ClusterService = (typeof apiServices)[number] | 'relay' | 'gateway';

export interface ClusterOptions {
  /** Where servers keep their data and services their logs; a temporary one, removed by `stop`, unless given. */
  readonly directory?: string;
  /** Of the gateway; a free one unless given. */
  readonly port?: number;
  /** Variables of all services, over those that the cluster sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told of each thing that is up. */
  readonly onStarted?: (name: string, at: string) => void;
}

/** Kafka, a MongoDB server, the double of EventStoreDB, and every service as a process of its own, on this machine. */
export interface Cluster {
  /** Of the gateway: the API of all services. */
  readonly url: string;
  readonly directory: string;
  /** Of each service that has an API, by its name. */
  readonly urls: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<ClusterService, ServiceProcess>;
  readonly eventStore: EventStoreDBServer;
  readonly kafka: KafkaServer;
  readonly mongo: MongoDBServer;
  /** What a process needs to work on the same log, bus and views. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts all of it; resolves once the gateway answers for every service. @throws where there are no servers, see `serversMode` */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { onStarted = () => undefined } = options;
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'tenure-cluster-'));
  const folder = (name: string): string => {
    const path = join(directory, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const opened = new AsyncDisposableStack();
  opened.defer(() => {
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  });
  try {
    const kafka = await startKafka({ directory: folder('kafka') });
    opened.defer(() => kafka.stop());
    onStarted('Kafka', kafka.brokers.join(','));
    const mongo = await startMongoDB({ directory: folder('mongodb') });
    opened.defer(() => mongo.stop());
    onStarted('MongoDB', mongo.url);
    const eventStore = await startEventStoreDB({ directory: folder('eventstoredb') });
    opened.defer(() => eventStore.stop());
    onStarted('EventStoreDB (a double)', eventStore.url);

    const env = { ...engineEnv({ eventStore, kafka, mongo }), ...options.env };
    const services = new Map<ClusterService, ServiceProcess>();
    const logs = folder('logs');
    const run = async (service: ClusterService, port: number, more: Readonly<Record<string, string>> = {}) => {
      const logFile = join(logs, `${service}.log`);
      const own = new ServiceProcess({ service, env: { ...env, ...more, TENURE_PORT: String(port) }, logFile });
      services.set(service, own);
      opened.defer(() => own.stop());
      const url = await own.start();
      onStarted(service, url);
      return url;
    };
    await run('relay', await loopbackPort());
    const ports = await Promise.all(apiServices.map(() => loopbackPort()));
    const urls = await Promise.all(apiServices.map((service, index) => run(service, ports[index] ?? 0)));
    const upstreams = apiServices.map((service, index) => `${service}=${urls[index]}`).join(',');
    const url = await run('gateway', options.port ?? (await loopbackPort()), { TENURE_UPSTREAMS: upstreams });
    const byName = new Map<string, string>(apiServices.map((service, index) => [service, urls[index] ?? '']));
    return { url, directory, urls: byName, services, eventStore, kafka, mongo, env, stop: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** Where the engines of a system are. */
export interface EngineServers {
  readonly eventStore: Pick<EventStoreDBServer, 'url'>;
  readonly kafka: Pick<KafkaServer, 'brokers'>;
  readonly mongo: Pick<MongoDBServer, 'url'>;
}

/** Variables for the processes of a new system, whose databases and topics nobody else uses. */
export function engineEnv({ eventStore, kafka, mongo }: EngineServers): Readonly<Record<string, string>> {
  const name = `t${randomBytes(6).toString('hex')}`;
  const [server = '', query = ''] = mongo.url.split('?');
  return {
    TENURE_EVENT_STORE: eventStore.url,
    TENURE_EVENT_BUS: `kafka://${kafka.brokers.join(',')}/${name}?partitions=4`,
    TENURE_READ_STORE: `${server.replace(/\/$/, '')}/${name}${query === '' ? '' : `?${query}`}`,
    TENURE_ID_KEY: randomBytes(32).toString('hex'),
  };
}
