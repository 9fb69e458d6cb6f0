import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Chance } from './chance.ts';

/** A purchase as it was acknowledged. */
export interface Acknowledged {
  readonly orderId: string;
  readonly position: string;
  /** Of a steady clock, when its last request was sent and answered. */
  readonly askedAt: number;
  readonly answeredAt: number;
}

interface Options {
  readonly url: string;
  readonly chance: Chance;
  readonly customers: number;
  /** Requests at work at once. */
  readonly atOnce: number;
}

const retryMs = 100;
/** Between a purchase and the next: what is wanted is requests at all moments, not many. */
const pauseMs = 80;
const impatienceMs = 12_000;

/** Publishes purchases without end, each again and again until it is acknowledged, as a shop does that must not lose one. */
export class SteadyPublisher {
  readonly #options: Options;
  readonly #acknowledged: Acknowledged[] = [];
  readonly #workers: Promise<void>[];
  #stopping = false;
  #next = 0;
  #asked = 0;
  readonly #events = new EventEmitter();
  /** Requests that were not answered, or not with a success. */
  refused = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#workers = Array.from({ length: options.atOnce }, () => this.#work());
  }

  get acknowledged(): readonly Acknowledged[] {
    return this.#acknowledged;
  }

  /** Resolves once so many more requests have been answered or given up. */
  async asks(requests: number): Promise<void> {
    const enough = this.#asked + requests;
    while (this.#asked < enough) await once(this.#events, 'asked');
  }

  /** Resolves once nothing is under way, everything sent being acknowledged. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    while (!this.#stopping) {
      const number = ++this.#next;
      const purchase = this.#purchase(number);
      for (;;) {
        const askedAt = performance.now();
        const position = await this.#send(purchase);
        this.#asked++;
        this.#events.emit('asked');
        if (position === undefined) {
          this.refused++;
          await delay(retryMs);
          continue;
        }
        this.#acknowledged.push({ orderId: purchase.orderId, position, askedAt, answeredAt: performance.now() });
        await delay(pauseMs);
        break;
      }
    }
  }

  #purchase(number: number) {
    const { chance, customers } = this.#options;
    return {
      source: 'shop',
      orderId: `o${number}`,
      occurredAt: new Date(Date.UTC(2026, 0, 1) + chance.below(300 * 86_400_000)).toISOString(),
      customer: { source: 'shop', key: `c${chance.below(customers)}` },
      currency: 'GBP',
      lines: [{ lineId: '1', productId: 'teapot', quantity: 1, amountMinor: 100 + chance.below(50_000) }],
    };
  }

  /** The position, if it was acknowledged. */
  async #send(purchase: object): Promise<string | undefined> {
    try {
      const response = await fetch(`${this.#options.url}/v1/purchases`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(purchase),
        signal: AbortSignal.timeout(impatienceMs),
      });
      const body = (await response.json()) as { readonly position?: string };
      return response.status === 202 || response.status === 200 ? body.position : undefined;
    } catch {
      // Not answered: whether it happened is not known, which is why it is sent again.
      return undefined;
    }
  }
}
