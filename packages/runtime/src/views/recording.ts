import type { Happening } from '@tenure/domain';
import { type EventStore, eventId, type NewEvent } from '@tenure/event-store';
import { type Cause, causesOf, type Occasion } from './causes.ts';
import type { CustomerCache } from './customer-cache.ts';
import type { KnownCustomer, RecordingMark } from './known-customer.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { recordedEvent } from './recorded-event.ts';
import type { Recorder } from './types.ts';

interface Plan {
  readonly customer: KnownCustomer;
  readonly recorder: Recorder;
  readonly stream: string;
  readonly revision: number;
  readonly events: readonly Happening[];
  /** Of each event. */
  readonly causes: readonly Cause[];
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
  readonly #turns = new OneAtATime();
  /** What stands of customers whose events don't all come here, for one attempt. */
  readonly #marks = new Map<string, RecordingMark>();

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
    return this.#turns.run(() => this.#record(ids));
  }

  async #record(ids: ReadonlyMap<string, Occasion>): Promise<void> {
    let open = ids;
    for (let attempt = 0; open.size > 0; attempt++) {
      if (attempt === attempts)
        throw new Error(`recording for ${open.size} customers met a conflict ${attempts} times`);
      const plans: Plan[] = [];
      using known = await this.#customers.use(open.keys());
      const all = [...known].map(([customer]) => customer);
      const strangers = all.filter((customer) => !this.#customers.keeps(customer));
      await this.#readMarks(strangers);
      using readAgain = await this.#customers.use(strangers.map(({ id }) => id));
      const followed = all.filter((customer) => this.#customers.keeps(customer));
      for (const customer of [...followed, ...[...readAgain].map(([own]) => own)]) {
        const occasion = customer.ids.map((id) => open.get(id)).find((own) => own !== undefined);
        if (occasion === undefined) continue;
        for (const recorder of this.#recorders) {
          for (const own of customer.ids) {
            const plan = await this.#plan(customer, own, recorder, occasion);
            if (plan !== undefined) plans.push(plan);
          }
        }
      }
      open = await this.#append(plans);
      // Somebody else has recorded, and may have known more than is known here.
      for (const id of open.keys()) this.#customers.forget(id);
    }
  }

  /**
   * Reads what stands recorded of customers whose events don't all come here, and forgets the customers: read again, they
   * are no older than that. Else what somebody else has recorded meanwhile would be taken back.
   */
  async #readMarks(strangers: readonly KnownCustomer[]): Promise<void> {
    this.#marks.clear();
    for (const { id, ids } of strangers) {
      for (const recorder of this.#recorders) {
        for (const own of ids) {
          const stream = recorder.stream(own);
          this.#marks.set(stream, await this.#read(stream, recorder));
        }
      }
      this.#customers.forget(id);
    }
  }

  /** What is derived stands under the canonical id; under the others what stood before they were linked is withdrawn. */
  async #plan(customer: KnownCustomer, id: string, recorder: Recorder, occasion: Occasion): Promise<Plan | undefined> {
    const { fold, marks } = customer;
    const stream = recorder.stream(id);
    const mark = marks.get(stream) ?? this.#marks.get(stream) ?? (await this.#read(stream, recorder));
    // What time has brought about stays, though a clock be set back.
    const until = Math.max(this.#now(), customer.until, mark.until, fold.lastFactAt ?? 0);
    const state = id === customer.id ? fold.at(until) : undefined;
    if (id === customer.id && state === undefined) return undefined;
    const events = recorder.missing(id, state, mark.recorded);
    const revision = mark.revision + events.length;
    const latest = latestOf(events, mark.until);
    const planned: RecordingMark = { revision, recorded: recorder.complete(state), until: latest };
    if (events.length === 0) {
      marks.set(stream, planned);
      return undefined;
    }
    const causes = await causesOf(events, occasion, customer, this.#store);
    return { customer, recorder, stream, revision: mark.revision, events, causes, mark: planned, occasion };
  }

  async #read(stream: string, recorder: Recorder): Promise<RecordingMark> {
    const events = (await this.#store.readStream(stream)).map(recordedEvent);
    return { revision: events.at(-1)?.revision ?? -1, recorded: recorder.recorded(events), until: latestOf(events, 0) };
  }

  /** Returns who met a conflict. */
  async #append(plans: readonly Plan[]): Promise<Map<string, Occasion>> {
    const again = new Map<string, Occasion>();
    if (plans.length === 0) return again;
    // Until the outcome is known nobody knows what stands: if it never is, the streams are read again.
    for (const { customer, stream } of plans) customer.marks.delete(stream);
    const outcomes = await this.#store.append(
      plans.map(({ recorder, stream, revision, events, causes }) => {
        const expected = revision === -1 ? ('absent' as const) : revision;
        return [{ stream, expected, events: newEvents(events, recorder, `${stream}:${revision + 1}`, causes) }];
      }),
    );
    for (const [index, plan] of plans.entries()) {
      if (outcomes[index]?.status === 'appended') plan.customer.marks.set(plan.stream, plan.mark);
      else again.set(plan.customer.id, plan.occasion);
    }
    return again;
  }
}

function latestOf(events: readonly { readonly occurredAt: number }[], atLeast: number): number {
  return events.reduce((latest, { occurredAt }) => Math.max(latest, occurredAt), atLeast);
}

function newEvents(
  events: readonly Happening[],
  recorder: Recorder,
  commandId: string,
  causes: readonly Cause[],
): readonly NewEvent[] {
  const { service } = recorder;
  return events.flatMap(({ type, data, occurredAt, customerId }, index) => {
    const cause = causes[index];
    if (cause === undefined) throw new Error(`a ${type} without a cause`);
    const { causationId, correlationId, traceparent } = cause;
    const metadata = {
      actor: service,
      service,
      commandId,
      causationId,
      correlationId,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    return [{ id: eventId(commandId, index), type, version: 1, customerId, occurredAt, data, metadata }];
  });
}
