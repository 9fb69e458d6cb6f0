import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Expected } from './append-decision.ts';
import { expectedRevision, IncomingEvents } from './append-request.ts';
import type { AppendOutcome, EventLog } from './event-log.ts';
import type { Failures } from './failures.ts';
import { type ClientStream, grpcStatus, StatusError } from './grpc.ts';
import { streamName } from './recorded-event.ts';
import { streamDeleted } from './status-errors.ts';

/** Answers Append: one append a call, its options first, then an event a message. */
export class AppendService {
  readonly #log: EventLog;
  readonly #failures: Failures;
  readonly #maxAppendBytes: number;

  constructor(log: EventLog, failures: Failures, maxAppendBytes: number) {
    this.#log = log;
    this.#failures = failures;
    this.#maxAppendBytes = maxAppendBytes;
  }

  /** Undefined when nothing is to be answered. @throws {StatusError} for what ends with an error */
  async append(call: ClientStream<streams.AppendReq>): Promise<streams.AppendResp | undefined> {
    this.#failures.checkRefused();
    const incoming = new IncomingEvents(this.#maxAppendBytes);
    let options: streams.AppendReq.Options | undefined;
    for await (const request of call) {
      const message = request.getProposedMessage();
      if (message) incoming.add(message);
      else options = request.getOptions();
      incoming.check();
    }
    if (!options) throw new StatusError(grpcStatus.invalidArgument, 'an append without options');
    if (this.#failures.breaksAppend(call)) return undefined;
    const stream = streamName(options.getStreamIdentifier());
    const expected = expectedOf(options);
    const outcome = await this.#log.append(stream, expected, incoming.events);
    await this.#failures.delay();
    if (this.#failures.dropsAnswer(call)) return undefined;
    return response(stream, expected, outcome);
  }
}

function expectedOf(options: streams.AppendReq.Options): Expected {
  return expectedRevision({
    hasAny: () => options.hasAny(),
    hasNoStream: () => options.hasNoStream(),
    hasStreamExists: () => options.hasStreamExists(),
    revision: () => options.getRevision(),
  });
}

function response(stream: string, expected: Expected, outcome: AppendOutcome): streams.AppendResp {
  const message = new streams.AppendResp();
  switch (outcome.kind) {
    case 'appended':
      message.setSuccess(success(outcome));
      return message;
    case 'wrong-expected-version':
      message.setWrongExpectedVersion(wrongVersion(expected, outcome.current));
      return message;
    case 'deleted':
      throw streamDeleted(stream);
  }
}

function success({ revision, position }: { revision: number; position: number }): streams.AppendResp.Success {
  const place = new streams.AppendResp.Position();
  place.setCommitPosition(String(position));
  place.setPreparePosition(String(position));
  const message = new streams.AppendResp.Success();
  message.setPosition(place);
  if (revision < 0) message.setNoStream(new shared.Empty());
  else message.setCurrentRevision(String(revision));
  return message;
}

function wrongVersion(expected: Expected, current: number): streams.AppendResp.WrongExpectedVersion {
  const message = new streams.AppendResp.WrongExpectedVersion();
  if (current < 0) message.setCurrentNoStream(new shared.Empty());
  else message.setCurrentRevision(String(current));
  if (expected === 'any') message.setExpectedAny(new shared.Empty());
  else if (expected === 'no_stream') message.setExpectedNoStream(new shared.Empty());
  else if (expected === 'stream_exists') message.setExpectedStreamExists(new shared.Empty());
  else message.setExpectedRevision(String(expected));
  return message;
}
