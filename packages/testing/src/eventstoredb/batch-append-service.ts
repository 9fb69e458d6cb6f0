import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Expected } from './append-decision.ts';
import { expectedRevision, IncomingEvents } from './append-request.ts';
import type { AppendOutcome, EventLog } from './event-log.ts';
import type { Failures } from './failures.ts';
import { type DuplexStream, wellKnown } from './grpc.ts';
import { streamIdentifier, streamName, uuid, uuidText } from './recorded-event.ts';

export type BatchAppendCall = DuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

interface OpenAppend {
  readonly stream: string;
  readonly expected: Expected;
  readonly incoming: IncomingEvents;
}

/** One call, and what is under way on it. */
interface Session {
  readonly call: BatchAppendCall;
  /** Appends that have not come in whole, by correlation id. */
  readonly open: Map<string, OpenAppend>;
  readonly underWay: Set<Promise<void>>;
  over: boolean;
}

/** google.rpc.Code as the server sets it; the client looks at the details only. */
const codes = { invalidArgument: 3, notFound: 5, alreadyExists: 6 } as const;

/** Answers BatchAppend: many appends on one call, told apart by a correlation id, each in one or more messages. */
export class BatchAppendService {
  readonly #log: EventLog;
  readonly #failures: Failures;
  readonly #maxAppendBytes: number;

  constructor(log: EventLog, failures: Failures, maxAppendBytes: number) {
    this.#log = log;
    this.#failures = failures;
    this.#maxAppendBytes = maxAppendBytes;
  }

  /** Rejects with a StatusError for what ends the call, and with it every append that is under way on it. */
  async serve(call: BatchAppendCall): Promise<void> {
    const session: Session = { call, open: new Map(), underWay: new Set(), over: false };
    // By events: leaving an async iteration would destroy the call before the error is told.
    const { promise: allReceived, resolve, reject } = Promise.withResolvers<void>();
    call.on('data', (request: streams.BatchAppendReq) => {
      if (!session.over) this.#receive(session, request).catch(reject);
    });
    call.on('end', resolve);
    call.on('cancelled', resolve);
    call.on('error', reject);
    try {
      await allReceived;
      await Promise.all(session.underWay);
    } finally {
      session.over = true;
    }
    call.end();
  }

  async #receive(session: Session, request: streams.BatchAppendReq): Promise<void> {
    this.#failures.checkRefused();
    const id = uuidText(request.getCorrelationId());
    const append = this.#collect(session.open, id, request);
    if (!append) return;
    const answer = this.#append(session, id, append);
    session.underWay.add(answer);
    try {
      await answer;
    } finally {
      session.underWay.delete(answer);
    }
  }

  /** Answers with the append once it is complete. */
  #collect(open: Map<string, OpenAppend>, id: string, request: streams.BatchAppendReq): OpenAppend | undefined {
    const options = request.getOptions();
    if (options)
      open.set(id, {
        stream: streamName(options.getStreamIdentifier()),
        expected: expectedOf(options),
        incoming: new IncomingEvents(this.#maxAppendBytes),
      });
    const append = open.get(id);
    for (const message of request.getProposedMessagesList()) append?.incoming.add(message);
    if (!append || !(request.getIsFinal() || append.incoming.tooLarge)) return undefined;
    open.delete(id);
    return append;
  }

  async #append(session: Session, id: string, { stream, expected, incoming }: OpenAppend): Promise<void> {
    if (this.#failures.breaksAppend(session.call)) return;
    const message = new streams.BatchAppendResp();
    message.setCorrelationId(uuid(id));
    message.setStreamIdentifier(streamIdentifier(stream));
    if (incoming.tooLarge) message.setError(tooLarge(this.#maxAppendBytes));
    else fill(message, stream, expected, await this.#log.append(stream, expected, incoming.events));
    await this.#failures.delay();
    if (this.#failures.dropsAnswer(session.call) || session.over || session.call.cancelled) return;
    // Not waited for: answers are small, and the client has no more appends under way than it holds in memory itself.
    session.call.write(message);
  }
}

function expectedOf(options: streams.BatchAppendReq.Options): Expected {
  return expectedRevision({
    hasAny: () => options.hasAny(),
    hasNoStream: () => options.hasNoStream(),
    hasStreamExists: () => options.hasStreamExists(),
    revision: () => options.getStreamPosition(),
  });
}

function fill(message: streams.BatchAppendResp, stream: string, expected: Expected, outcome: AppendOutcome): void {
  switch (outcome.kind) {
    case 'appended':
      message.setSuccess(success(outcome));
      return;
    case 'wrong-expected-version':
      message.setError(wrongVersion(expected, outcome.current));
      return;
    case 'deleted':
      message.setError(streamDeleted(stream));
      return;
  }
}

function success({ revision, position }: { revision: number; position: number }): streams.BatchAppendResp.Success {
  const place = new shared.AllStreamPosition();
  place.setCommitPosition(String(position));
  place.setPreparePosition(String(position));
  const message = new streams.BatchAppendResp.Success();
  message.setPosition(place);
  if (revision < 0) message.setNoStream(new wellKnown.Empty());
  else message.setCurrentRevision(String(revision));
  return message;
}

function wrongVersion(expected: Expected, current: number): status.Status {
  const details = new shared.WrongExpectedVersion();
  if (current < 0) details.setCurrentNoStream(new wellKnown.Empty());
  else details.setCurrentStreamRevision(String(current));
  if (expected === 'any') details.setExpectedAny(new wellKnown.Empty());
  else if (expected === 'no_stream') details.setExpectedNoStream(new wellKnown.Empty());
  else if (expected === 'stream_exists') details.setExpectedStreamExists(new wellKnown.Empty());
  else details.setExpectedStreamPosition(String(expected));
  return error(codes.alreadyExists, 'WrongExpectedVersion', details.serializeBinary());
}

function streamDeleted(stream: string): status.Status {
  const details = new shared.StreamDeleted();
  details.setStreamIdentifier(streamIdentifier(stream));
  return error(codes.notFound, 'StreamDeleted', details.serializeBinary());
}

function tooLarge(maxBytes: number): status.Status {
  const details = new shared.MaximumAppendSizeExceeded();
  details.setMaxappendsize(maxBytes);
  return error(codes.invalidArgument, 'MaximumAppendSizeExceeded', details.serializeBinary());
}

function error(code: 3 | 5 | 6, name: string, details: Uint8Array): status.Status {
  const any = new wellKnown.Any();
  any.pack(details, `event_store.client.${name}`);
  const message = new status.Status();
  message.setCode(code);
  message.setMessage(name);
  message.setDetails(any);
  return message;
}
