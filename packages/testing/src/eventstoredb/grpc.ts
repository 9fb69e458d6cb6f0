import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type { WrongExpectedVersion } from '@eventstore/db-client/generated/shared_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';

/**
 * gRPC as the client has it: the generated services only fit the very copy of `@grpc/grpc-js` that the client loads, and
 * that copy is not ours to import, so what is used of it is written down here.
 */
export interface Metadata {
  get(key: string): readonly (string | Buffer)[];
  set(key: string, value: string): void;
}

export interface ServerCall extends EventEmitter {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
  /** `address:port` of the client. */
  getPeer(): string;
}

export interface UnaryCall<Request> extends ServerCall {
  readonly request: Request;
}

export type Reply<Response> = (error: Error | null, response?: Response) => void;

export interface ClientStream<Request> extends ServerCall, AsyncIterable<Request> {}

/** Where messages go. `write` answers false when the client should be waited for. */
export interface MessageSink<Response> extends ServerCall {
  write(message: Response): boolean;
  end(): void;
}

export interface ServerStream<Request, Response> extends UnaryCall<Request>, MessageSink<Response> {}

export interface DuplexStream<Request, Response> extends ClientStream<Request>, MessageSink<Response> {}

type Handler = (call: never, reply: never) => void;

export interface ConnectionInjector {
  injectConnection(connection: Duplex): void;
  destroy(): void;
}

interface ServerCredentials {
  readonly _isSecure: () => boolean;
}

export interface GrpcServer {
  addService(service: object, implementation: Readonly<Record<string, Handler>>): void;
  createConnectionInjector(credentials: ServerCredentials): ConnectionInjector;
  forceShutdown(): void;
}

interface Grpc {
  readonly Server: new (options: Readonly<Record<string, number>>) => GrpcServer;
  readonly Metadata: new () => Metadata;
  readonly ServerCredentials: {
    createInsecure(): ServerCredentials;
    createSsl(ca: null, pairs: { cert_chain: Buffer; private_key: Buffer }[]): ServerCredentials;
  };
}

const clientRequire = createRequire(createRequire(import.meta.url).resolve('@eventstore/db-client'));

export const grpc: Grpc = clientRequire('@grpc/grpc-js');

/** The status codes of gRPC that the double answers with. */
export const grpcStatus = {
  unknown: 2,
  invalidArgument: 3,
  permissionDenied: 7,
  failedPrecondition: 9,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

type Code = (typeof grpcStatus)[keyof typeof grpcStatus];

/** An answer that is an error. The client makes its own error of it by the `exception` among the trailers. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: Code;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: Code, details: string, trailers: Readonly<Record<string, string>> = {}) {
    super(details);
    this.code = code;
    this.details = details;
    this.metadata = new grpc.Metadata();
    for (const [key, value] of Object.entries(trailers)) this.metadata.set(key, value);
  }
}

type EmptyMessage = NonNullable<ReturnType<WrongExpectedVersion['getExpectedAny']>>;
type AnyMessage = NonNullable<ReturnType<Status['getDetails']>>;

interface WellKnown {
  readonly Empty: new () => EmptyMessage;
  readonly Any: new () => AnyMessage;
}

/** Protobuf's own messages, from the client's copy as well. */
export const wellKnown: WellKnown = {
  ...clientRequire('google-protobuf/google/protobuf/empty_pb.js'),
  ...clientRequire('google-protobuf/google/protobuf/any_pb.js'),
};
