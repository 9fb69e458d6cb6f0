import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Server as TcpServer } from 'node:net';
import { join } from 'node:path';
import gossipService from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import { AppendService } from './append-service.ts';
import { type BatchAppendCall, BatchAppendService } from './batch-append-service.ts';
import { type Clock, systemClock } from './clock.ts';
import { checkCredentials } from './credentials.ts';
import { DeleteService } from './delete-service.ts';
import type { ReadCall } from './delivery.ts';
import { EventLog } from './event-log.ts';
import { type FailureControls, Failures } from './failures.ts';
import { type ClientStream, type GrpcServer, grpc, type ServerCall, type UnaryCall } from './grpc.ts';
import { streaming, unary } from './handlers.ts';
import { ReadService } from './read-service.ts';
import { clusterInfo, type Endpoint, supportedMethods } from './server-info.ts';
import { SystemEvents } from './system-events.ts';

const HOST = '127.0.0.1';
const MAX_APPEND_BYTES = 1024 * 1024;
const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;

export interface EventStoreDBDoubleOptions {
  /** Where the log is kept; made if it is missing. */
  readonly directory: string;
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** Absent: connections are not encrypted. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Passwords by user. Absent: everybody may do everything. */
  readonly users?: Readonly<Record<string, string>>;
  /** The largest append in bytes; 1 MiB if absent. */
  readonly maxAppendBytes?: number;
  /** False: as an older server, which only knows Append. */
  readonly batchAppend?: boolean;
  /** False: no event of the server's own at each start. */
  readonly systemEventAtStart?: boolean;
  /** Another event of the server's own after every so many appends. */
  readonly systemEventEvery?: number;
  /** Makes this node tell those who ask that it follows that leader. It takes writes all the same. */
  readonly leader?: Endpoint;
  readonly clock?: Clock;
}

export interface EventStoreDBDouble {
  readonly port: number;
  readonly failures: FailureControls;
  /** Cuts all connections; resolves when what was taken is on disk. */
  close(): Promise<void>;
}

/** Serves EventStoreDB's protocol from a file, in this process. */
export async function openEventStoreDBDouble(options: EventStoreDBDoubleOptions): Promise<EventStoreDBDouble> {
  const clock = options.clock ?? systemClock;
  mkdirSync(options.directory, { recursive: true });
  const log = await EventLog.open(join(options.directory, 'events.log'), clock);
  const failures = new Failures(clock);
  const server: GrpcServer = new grpc.Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
  const injector = server.createConnectionInjector(serverCredentials(options.tls));
  // The sockets are ours, so that failures can cut them.
  const listener = createServer({ noDelay: true }, (socket) => {
    failures.connected(socket);
    injector.injectConnection(socket);
  });
  const systemEvents = new SystemEvents(log, options.systemEventEvery);
  addServices(server, { options, log, failures, self: () => endpoint(listener), clock });
  if (options.systemEventAtStart ?? true) await systemEvents.write();
  const port = await listen(listener, options.port ?? 0).catch(async (error: unknown) => {
    await log.close();
    throw error;
  });
  return {
    port,
    failures,
    close: async () => {
      const closed = new Promise((resolve) => listener.close(resolve));
      injector.destroy();
      server.forceShutdown();
      failures.cutAll();
      await closed;
      await log.close();
    },
  };
}

interface Parts {
  readonly options: EventStoreDBDoubleOptions;
  readonly log: EventLog;
  readonly failures: Failures;
  readonly self: () => Endpoint;
  readonly clock: Clock;
}

function addServices(server: GrpcServer, { options, log, failures, self, clock }: Parts): void {
  const maxAppendBytes = options.maxAppendBytes ?? MAX_APPEND_BYTES;
  const appends = new AppendService(log, failures, maxAppendBytes);
  const batchAppends = new BatchAppendService(log, failures, maxAppendBytes);
  const deletes = new DeleteService(log, failures);
  const reads = new ReadService(log, failures);
  const allowed = (call: ServerCall): void => checkCredentials(call.metadata, options.users);
  const { StreamsService } = streamsService;
  server.addService(
    // Answers to reads are stored as they are sent.
    { ...StreamsService, read: { ...StreamsService.read, responseSerialize: Buffer.from } },
    {
      read: streaming((call: ReadCall) => reads.read(call), allowed),
      append: unary((call: ClientStream<streams.AppendReq>) => appends.append(call), allowed),
      batchAppend: streaming((call: BatchAppendCall) => batchAppends.serve(call), allowed),
      delete: unary((call: UnaryCall<streams.DeleteReq>) => deletes.delete(call), allowed),
      tombstone: unary((call: UnaryCall<streams.TombstoneReq>) => deletes.tombstone(call), allowed),
    },
  );
  const batchAppend = options.batchAppend ?? true;
  server.addService(featuresService.ServerFeaturesService, {
    getSupportedMethods: unary(async () => {
      failures.checkRefused();
      return supportedMethods(batchAppend);
    }),
  });
  server.addService(gossipService.GossipService, {
    read: unary(async () => {
      failures.checkRefused();
      return clusterInfo(self(), options.leader, clock());
    }),
  });
}

function serverCredentials(
  tls: EventStoreDBDoubleOptions['tls'],
): ReturnType<typeof grpc.ServerCredentials.createInsecure> {
  if (!tls) return grpc.ServerCredentials.createInsecure();
  const pair = { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) };
  return grpc.ServerCredentials.createSsl(null, [pair]);
}

async function listen(listener: TcpServer, port: number): Promise<number> {
  listener.listen(port, HOST);
  await once(listener, 'listening');
  return endpoint(listener).port;
}

function endpoint(listener: TcpServer): Endpoint {
  const address = listener.address();
  if (typeof address !== 'object' || address === null) throw new Error('the double does not listen');
  return { address: HOST, port: address.port };
}
