import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Delivery } from './delivery.ts';
import type { EventIndex } from './event-index.ts';

/** Tells a filtered subscription how far it has come: after so many events at least, and when it has caught up. */
export class Checkpoints {
  readonly #delivery: Delivery;
  readonly #index: EventIndex;
  readonly #every: number;
  #since = 0;
  #last = -1;

  /** `every`: infinite for a subscription without a filter, which gets none. */
  constructor(delivery: Delivery, index: EventIndex, every: number) {
    this.#delivery = delivery;
    this.#index = index;
    this.#every = every;
  }

  /** An event was sent or passed over. */
  async passed(number: number): Promise<void> {
    if (++this.#since >= this.#every) await this.#send(number);
  }

  async caughtUp(number: number): Promise<void> {
    if (Number.isFinite(this.#every)) await this.#send(number);
  }

  async #send(number: number): Promise<void> {
    if (number < 0 || number === this.#last) return;
    this.#last = number;
    this.#since = 0;
    const position = String(this.#index.offset(number));
    const checkpoint = new streams.ReadResp.Checkpoint();
    checkpoint.setCommitPosition(position);
    checkpoint.setPreparePosition(position);
    await this.#delivery.control((response) => response.setCheckpoint(checkpoint));
  }
}
