import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Expected } from './append-decision.ts';
import { expectedRevision } from './append-request.ts';
import type { AppendOutcome, EventLog } from './event-log.ts';
import type { Failures } from './failures.ts';
import type { UnaryCall } from './grpc.ts';
import { streamName } from './recorded-event.ts';
import { streamDeleted, wrongVersionOfDelete } from './status-errors.ts';

/** Answers Delete and Tombstone. */
export class DeleteService {
  readonly #log: EventLog;
  readonly #failures: Failures;

  constructor(log: EventLog, failures: Failures) {
    this.#log = log;
    this.#failures = failures;
  }

  /** @throws {StatusError} for what ends with an error */
  async delete(call: UnaryCall<streams.DeleteReq>): Promise<streams.DeleteResp> {
    const { stream, expected } = requested(call.request.getOptions());
    const at = await this.#end(stream, expected, () => this.#log.delete(stream, expected));
    const place = new streams.DeleteResp.Position();
    place.setCommitPosition(at);
    place.setPreparePosition(at);
    const message = new streams.DeleteResp();
    message.setPosition(place);
    return message;
  }

  /** @throws {StatusError} for what ends with an error */
  async tombstone(call: UnaryCall<streams.TombstoneReq>): Promise<streams.TombstoneResp> {
    const { stream, expected } = requested(call.request.getOptions());
    const at = await this.#end(stream, expected, () => this.#log.tombstone(stream, expected));
    const place = new streams.TombstoneResp.Position();
    place.setCommitPosition(at);
    place.setPreparePosition(at);
    const message = new streams.TombstoneResp();
    message.setPosition(place);
    return message;
  }

  async #end(stream: string, expected: Expected, end: () => Promise<AppendOutcome>): Promise<string> {
    this.#failures.checkRefused();
    const outcome = await end();
    await this.#failures.delay();
    switch (outcome.kind) {
      case 'appended':
        return String(outcome.position);
      case 'wrong-expected-version':
        throw wrongVersionOfDelete(stream, expected, outcome.current);
      case 'deleted':
        throw streamDeleted(stream);
    }
  }
}

type Options = streams.DeleteReq.Options | streams.TombstoneReq.Options;

function requested(options: Options | undefined): { stream: string; expected: Expected } {
  const expected = expectedRevision({
    hasAny: () => options?.hasAny() ?? true,
    hasNoStream: () => options?.hasNoStream() ?? false,
    hasStreamExists: () => options?.hasStreamExists() ?? false,
    revision: () => options?.getRevision() ?? '0',
  });
  return { stream: streamName(options?.getStreamIdentifier()), expected };
}
