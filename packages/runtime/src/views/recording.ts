import type { Happening } from '@tenure/domain';
import { type EventStore, eventId, type NewEvent } from '@tenure/event-store';
import type { CustomerCache } from './customer-cache.ts';
import type { KnownCustomer, RecordingMark } from './known-customer.ts';
import { recordedEvent } from './recorded-event.ts';
import type { Recorder } from './types.ts';

/** Why something is recorded: what it is said to be caused by. */
export interface Occasion {
  readonly causationId: string;
  readonly correlationId: string;
  readonly traceparent?: string;
}

interface Plan {
  readonly customer: KnownCustomer;
  readonly recorder: Recorder;
  readonly revision: number;
  readonly events: readonly Happening[];
  /** What will stand. Said before the append: the fold goes on meanwhile. */
  readonly mark: RecordingMark;
  readonly occasion: Occasion;
}

const attempts = 8;

/** Appends what is derived and not yet recorded. One at a time, so that two occasions don't race for a stream. */
export class Recording {
  readonly #store: EventStore;
  readonly #customers: CustomerCache;
  readonly #recorders: readonly Recorder[];
  readonly #now: () => number;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: {
    store: EventStore;
    customers: CustomerCache;
    recorders: readonly Recorder[];
    now: () => number;
  }) {
    this.#store = parts.store;
    this.#customers = parts.customers;
    this.#recorders = parts.recorders;
    this.#now = parts.now;
  }

  /** Records for customers (by any id) what is derived for them by now. */
  record(ids: ReadonlyMap<string, Occasion>): Promise<void> {
    const result = this.#turn.then(() => this.#record(ids));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #record(ids: ReadonlyMap<string, Occasion>): Promise<void> {
    let open = ids;
    for (let attempt = 0; open.size > 0; attempt++) {
      if (attempt === attempts)
        throw new Error(`recording for ${open.size} customers met a conflict ${attempts} times`);
      const plans: Plan[] = [];
      for (const [id, occasion] of open) {
        const customer = await this.#customers.load(id);
        for (const recorder of this.#recorders) {
          const plan = await this.#plan(customer, recorder, occasion);
          if (plan !== undefined) plans.push(plan);
        }
      }
      open = await this.#append(plans);
    }
  }

  async #plan(customer: KnownCustomer, recorder: Recorder, occasion: Occasion): Promise<Plan | undefined> {
    const state = customer.fold.at(Math.max(this.#now(), customer.fold.lastFactAt ?? 0));
    if (state === undefined) return undefined;
    const mark = customer.marks.get(recorder.name) ?? (await this.#read(customer.id, recorder));
    const events = recorder.missing(customer.id, state, mark.recorded);
    const revision = mark.revision + events.length;
    const planned: RecordingMark = { revision, recorded: recorder.complete(state) };
    if (events.length === 0) {
      customer.marks.set(recorder.name, planned);
      return undefined;
    }
    return { customer, recorder, revision: mark.revision, events, mark: planned, occasion };
  }

  async #read(customerId: string, recorder: Recorder): Promise<RecordingMark> {
    const events = (await this.#store.readStream(recorder.stream(customerId))).map(recordedEvent);
    return { revision: events.at(-1)?.revision ?? -1, recorded: recorder.recorded(events) };
  }

  /** Returns who met a conflict. */
  async #append(plans: readonly Plan[]): Promise<Map<string, Occasion>> {
    const again = new Map<string, Occasion>();
    if (plans.length === 0) return again;
    const outcomes = await this.#store.append(
      plans.map(({ customer, recorder, revision, events, occasion }) => {
        const stream = recorder.stream(customer.id);
        const expected = revision === -1 ? ('absent' as const) : revision;
        return [{ stream, expected, events: newEvents(events, recorder, `${stream}:${revision + 1}`, occasion) }];
      }),
    );
    for (const [index, plan] of plans.entries()) {
      if (outcomes[index]?.status === 'appended') {
        plan.customer.marks.set(plan.recorder.name, plan.mark);
      } else {
        plan.customer.marks.delete(plan.recorder.name);
        again.set(plan.customer.id, plan.occasion);
      }
    }
    return again;
  }
}

function newEvents(
  events: readonly Happening[],
  recorder: Recorder,
  commandId: string,
  { causationId, correlationId, traceparent }: Occasion,
): readonly NewEvent[] {
  const metadata = {
    actor: recorder.service,
    service: recorder.service,
    commandId,
    causationId,
    correlationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  return events.map(({ type, data, occurredAt, customerId }, index) => ({
    id: eventId(commandId, index),
    type,
    version: 1,
    customerId,
    occurredAt,
    data,
    metadata,
  }));
}
