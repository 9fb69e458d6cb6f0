import { setImmediate } from 'node:timers/promises';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Failures } from './failures.ts';
import type { ServerStream } from './grpc.ts';
import { send } from './sink.ts';

export type ReadCall = ServerStream<streams.ReadReq, Uint8Array>;

/** So many events are passed over before others get their turn. */
const PASSED_OVER_AT_ONCE = 2_000;

/** What goes to one reader, until it goes away or a failure that was asked for cuts it off. */
export class Delivery {
  readonly #call: ReadCall;
  readonly #failures: Failures;
  #eventsUntilCut: number | undefined;
  #passedOver = 0;

  constructor(call: ReadCall, failures: Failures) {
    this.#call = call;
    this.#failures = failures;
    this.#eventsUntilCut = failures.beginRead();
  }

  get over(): boolean {
    return this.#call.cancelled;
  }

  onOver(listener: () => void): () => void {
    this.#call.on('cancelled', listener);
    return () => this.#call.off('cancelled', listener);
  }

  /** To be awaited before anything is sent. */
  async begin(): Promise<void> {
    if (this.#eventsUntilCut === 0) await this.#failures.cutSoon(this.#call);
  }

  async event(payload: Buffer): Promise<void> {
    await send<Uint8Array>(this.#call, payload);
    if (this.#eventsUntilCut !== undefined && --this.#eventsUntilCut === 0) await this.#failures.cutSoon(this.#call);
  }

  async control(set: (response: streams.ReadResp) => void): Promise<void> {
    const response = new streams.ReadResp();
    set(response);
    await send<Uint8Array>(this.#call, response.serializeBinary());
  }

  /** Instead of an event that the filter keeps back. */
  async passOver(): Promise<void> {
    if (++this.#passedOver % PASSED_OVER_AT_ONCE === 0) await setImmediate();
  }

  end(): void {
    this.#call.end();
  }
}
