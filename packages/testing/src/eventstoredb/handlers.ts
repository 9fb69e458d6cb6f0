import { grpcStatus, type MessageSink, type Reply, type ServerCall, StatusError } from './grpc.ts';

type Check = (call: ServerCall) => void;

/** Answers a call with one message; with nothing where the handler has cut the connection. */
export function unary<Call extends ServerCall, Response>(
  handle: (call: Call) => Promise<Response | undefined>,
  check: Check = () => undefined,
): (call: Call, reply: Reply<Response>) => void {
  const answer = async (call: Call): Promise<Response | undefined> => {
    check(call);
    return handle(call);
  };
  return (call, reply) => {
    answer(call).then(
      (response) => response !== undefined && reply(null, response),
      (error: unknown) => reply(statusOf(error)),
    );
  };
}

/** Serves a call that the handler writes to; what it throws ends the call. */
export function streaming<Call extends MessageSink<Response>, Response>(
  handle: (call: Call) => Promise<void>,
  check: Check = () => undefined,
): (call: Call) => void {
  const serve = async (call: Call): Promise<void> => {
    check(call);
    await handle(call);
  };
  return (call) => {
    serve(call).catch((error: unknown) => {
      if (!call.cancelled) call.emit('error', statusOf(error));
    });
  };
}

/** Anything unforeseen is the double's fault: the client gets to see what it was. */
function statusOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  return new StatusError(grpcStatus.internal, error instanceof Error ? (error.stack ?? error.message) : String(error));
}
