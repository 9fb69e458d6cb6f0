import { randomUUID } from 'node:crypto';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { Checkpoints } from './checkpoints.ts';
import { Delivery, type ReadCall } from './delivery.ts';
import type { EventLog } from './event-log.ts';
import {
  allEvents,
  type EventSource,
  InvalidPositionError,
  placeOfPosition,
  placeOfRevision,
  streamEvents,
  streamState,
} from './event-source.ts';
import type { Failures } from './failures.ts';
import { grpcStatus, StatusError } from './grpc.ts';
import { PayloadCursor } from './payload-cursor.ts';
import { type AllRequest, readRequest, type StreamRequest } from './read-request.ts';
import { streamIdentifier } from './recorded-event.ts';
import { streamDeleted } from './status-errors.ts';

type Request = StreamRequest | AllRequest;

/** Answers Read: reads and subscriptions, of a stream and of all. */
export class ReadService {
  readonly #log: EventLog;
  readonly #failures: Failures;

  constructor(log: EventLog, failures: Failures) {
    this.#log = log;
    this.#failures = failures;
  }

  /** @throws {StatusError} for what ends with an error */
  async read(call: ReadCall): Promise<void> {
    const request = readRequest(call.request);
    this.#failures.checkRefused();
    await this.#failures.delay();
    const delivery = new Delivery(call, this.#failures);
    await delivery.begin();
    if (request.limit === undefined) await this.#subscribe(request, delivery);
    else await this.#readOnce(request, request.limit, delivery);
  }

  async #readOnce(request: Request, limit: number, delivery: Delivery): Promise<void> {
    if (request.stream !== undefined) {
      const state = streamState(this.#log, request.stream);
      if (state === 'ended') throw streamDeleted(request.stream);
      if (state === 'absent') {
        await delivery.control((response) => response.setStreamNotFound(notFound(request.stream ?? '')));
        return delivery.end();
      }
    }
    const source = this.#source(request);
    const step = request.backwards ? -1 : 1;
    const last = request.backwards ? source.start() : source.end() - 1;
    const cursor = new PayloadCursor(this.#log, source.windowBytes, request.backwards);
    let left = limit;
    for (let place = this.#begin(request, source); left > 0 && (last - place) * step >= 0; place += step) {
      if (delivery.over) return;
      const number = source.number(place);
      if (!request.filter.matches(this.#log.index, number)) {
        await delivery.passOver();
        continue;
      }
      await delivery.event(await cursor.payload(number));
      left--;
    }
    delivery.end();
  }

  async #subscribe(request: Request, delivery: Delivery): Promise<void> {
    const source = this.#source(request);
    let place = this.#begin(request, source);
    await delivery.control((response) => response.setConfirmation(confirmation()));
    const cursor = new PayloadCursor(this.#log, source.windowBytes, false);
    const checkpoints = new Checkpoints(delivery, this.#log.index, request.filter.checkpointEvery);
    for (let caughtUp = false; !delivery.over; ) {
      for (; place < source.end() && !delivery.over; place++) {
        const number = source.number(place);
        if (request.filter.matches(this.#log.index, number)) await delivery.event(await cursor.payload(number));
        else await delivery.passOver();
        await checkpoints.passed(number);
      }
      if (!caughtUp) {
        caughtUp = true;
        await checkpoints.caughtUp(place - 1);
        await delivery.control((response) => response.setCaughtUp(new streams.ReadResp.CaughtUp()));
      }
      if (request.stream !== undefined) await this.#endWithTombstone(request.stream, cursor, delivery);
      if (place >= source.end()) await this.#more(delivery, () => place < source.end() || this.#ended(request));
    }
  }

  #source(request: Request): EventSource {
    return request.stream === undefined ? allEvents(this.#log) : streamEvents(this.#log, request.stream);
  }

  #begin(request: Request, source: EventSource): number {
    const direction = { backwards: request.backwards, after: request.limit === undefined };
    if (request.stream !== undefined) return placeOfRevision(source, request.from, direction);
    try {
      return placeOfPosition(this.#log, request.from, direction);
    } catch (error) {
      if (!(error instanceof InvalidPositionError)) throw error;
      // The server has two answers to the same mistake.
      throw direction.after
        ? new StatusError(grpcStatus.invalidArgument, 'Trying to read from an invalid position.')
        : new StatusError(grpcStatus.unknown, 'Unexpected ReadAllResult: InvalidPosition');
    }
  }

  #ended(request: Request): boolean {
    return request.stream !== undefined && streamState(this.#log, request.stream) === 'ended';
  }

  /** A subscriber sees the event that ended the stream, then the error. */
  async #endWithTombstone(stream: string, cursor: PayloadCursor, delivery: Delivery): Promise<void> {
    const tombstone = this.#log.index.stream(stream)?.tombstone;
    if (tombstone === undefined || tombstone >= this.#log.committed) return;
    await delivery.event(await cursor.payload(tombstone));
    throw streamDeleted(stream);
  }

  /** Waits until events have come that concern the subscription, or it is over. */
  async #more(delivery: Delivery, arrived: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        if (!delivery.over && !arrived()) return;
        stopListening();
        stopWatching();
        resolve();
      };
      const stopListening = this.#log.onCommitted(done);
      const stopWatching = delivery.onOver(done);
      done();
    });
  }
}

function notFound(stream: string): streams.ReadResp.StreamNotFound {
  const message = new streams.ReadResp.StreamNotFound();
  message.setStreamIdentifier(streamIdentifier(stream));
  return message;
}

function confirmation(): streams.ReadResp.SubscriptionConfirmation {
  const message = new streams.ReadResp.SubscriptionConfirmation();
  message.setSubscriptionId(randomUUID());
  return message;
}
