import { createHash } from 'node:crypto';
import type { PolicyDocument } from '@tenure/contracts';
import { defaultLifecycle, defaultProgramme, defaultSatisfaction } from '@tenure/domain';
import type { Consumer } from '@tenure/event-bus';
import { type StoredEvent, StoreUnavailableError } from '@tenure/event-store';
import { ReadStoreError } from '@tenure/read-store';
import { createManualClock, type ManualClock } from '@tenure/runtime';
import type { ServiceViews } from '@tenure/runtime/views';
import { type Passage, type Random, Trace, Turnstile, VirtualMachine, type Waiting } from '@tenure/testing/simulator';
import { dayMs, noon } from '../properties/histories.ts';
import { factTypeOf } from '../support/arrivals.ts';
import { allEvents } from '../support/stored.ts';
import { Disk } from './disk.ts';
import { type Embedded, Starting } from './embedded.ts';
import { cutOff } from './gated.ts';
import { checkDurable, checkSettled } from './invariants.ts';
import { chanceOf, type Plan, type Trouble, troubleOf } from './plan.ts';
import { type Item, Publishers, sessionId } from './publishers.ts';

const hourMs = 3_600_000;
const patience = 20_000;

export interface Outcome {
  readonly plan: Plan;
  readonly trace: Trace;
  /** How many things were sent. */
  readonly arrived: number;
  /** What went wrong, if something did. */
  readonly failure: unknown;
}

/** Plays one plan on a disk of its own, and looks whether all that must hold does. */
export async function play(plan: Plan): Promise<Outcome> {
  using run = new Run(plan);
  let failure: unknown;
  try {
    await run.play();
  } catch (error) {
    failure = error;
    run.trace.note(`failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await run.end();
  }
  return { plan, trace: run.trace, arrived: run.publishers.sent, failure };
}

class Run implements Disposable {
  readonly trace = new Trace();
  readonly publishers: Publishers;
  readonly #trouble: ReadonlySet<Trouble>;
  readonly #random: Random;
  readonly #disk = new Disk();
  readonly #clock: ManualClock;
  readonly #machine: VirtualMachine;
  readonly #turnstile: Turnstile;
  readonly #poisoned = new Set<string>();
  readonly #power: Random;
  #policies: readonly PolicyDocument[] = [defaultLifecycle, defaultProgramme, defaultSatisfaction];
  #starting: Starting | undefined;
  #process: Embedded | undefined;
  #calm = false;
  #unexpected: unknown;
  #furthest: number;
  #requests = 0;

  constructor(plan: Plan) {
    this.#trouble = troubleOf(plan);
    this.#random = chanceOf(plan, 'turns');
    this.#power = chanceOf(plan, 'power');
    this.#clock = createManualClock(noon(0));
    this.#furthest = noon(0);
    this.publishers = new Publishers(plan, this.#trouble, 0);
    this.#machine = VirtualMachine.install(chanceOf(plan, 'machine'), this.#clock.now);
    this.#turnstile = new Turnstile(this.#machine);
    this.trace.note(`trouble: ${[...this.#trouble].join(' ')}`);
  }

  [Symbol.dispose](): void {
    this.#machine[Symbol.dispose]();
    this.#disk[Symbol.dispose]();
  }

  async play(): Promise<void> {
    const looks = this.#random.below(3);
    const lookAfter = new Set(Array.from({ length: looks }, () => this.#random.below(40)));
    while (this.publishers.canSend || this.publishers.underway > 0) {
      const before = this.publishers.sent;
      await this.#step();
      if (this.publishers.sent > before && lookAfter.delete(this.publishers.sent)) await this.#look(false);
    }
    await this.#look(false);
    if (this.#trouble.has('jump')) {
      this.#turnClock(this.#random.pick([1, 90 * dayMs, 91 * dayMs, 400 * dayMs, 731 * dayMs]));
    }
    await this.#look(true);
  }

  async end(): Promise<void> {
    this.#turnstile.forget();
    this.#machine.timers.forget();
    await this.#starting?.kill();
  }

  /** One decision of what happens next. */
  async #step(): Promise<void> {
    await this.#quiet();
    const random = this.#random;
    if (this.#starting === undefined) return this.#boot();
    const ready = this.#turnstile.ready;
    const choices: (readonly [() => Promise<void> | void, number])[] = [];
    if (ready.length > 0) choices.push([() => this.#letThrough(ready), 40]);
    if (this.#process !== undefined && this.publishers.canSend) choices.push([() => this.#send(), 4]);
    if (this.#machine.timers.count > 0) choices.push([() => this.#fireTimer(), ready.length > 0 ? 0.5 : 10]);
    if (this.#trouble.has('crash')) choices.push([() => this.#crash(), 0.12]);
    if (this.#trouble.has('power-cut')) choices.push([() => this.#cutPower(), 0.06], [() => this.#sync(), 0.3]);
    if (this.#trouble.has('lost-views')) choices.push([() => this.#loseViews(), 0.03]);
    if (this.#trouble.has('jump'))
      choices.push([() => this.#turnClock(random.pick([1, hourMs, dayMs, 30 * dayMs])), 0.1]);
    if (this.#trouble.has('clock-back'))
      choices.push([() => this.#turnClock(-random.pick([1, hourMs, 20 * hourMs])), 0.1]);
    if (this.#trouble.has('policy')) choices.push([() => this.#newProgram(), 0.03]);
    if (this.#trouble.has('poison')) choices.push([() => this.#poison(), 0.15], [() => this.#heal(), 0.15]);
    if (choices.length > 0) await random.weighted(choices)();
  }

  /** Waits until nothing moves by itself. @throws what went wrong meanwhile */
  async #quiet(): Promise<void> {
    await this.#machine.quiet();
    if (this.#unexpected !== undefined) throw this.#unexpected;
    if (this.trace.steps > patience) throw new Error(`it goes on and on: ${this.#process?.failures.join(', ')}`);
  }

  #boot(): void {
    this.trace.note('starts');
    // No process starts behind its log.
    if (this.#clock.now() < this.#furthest) this.#clock.set(this.#furthest);
    const starting = new Starting();
    this.#starting = starting;
    starting
      .boot({
        directory: this.#disk.directory,
        clock: this.#clock,
        turnstile: this.#turnstile,
        policies: this.#policies,
        more: this.#fragile(),
        deliver: (consumer) => this.#delivering(consumer),
        pageSize: () => 1 + this.#random.below(this.#random.chance(0.5) ? 4 : 40),
        onFailure: (what, error) => this.#failed(what, error),
      })
      .then(
        (process) => {
          if (starting !== this.#starting) return;
          this.#process = process;
          this.trace.note('runs');
        },
        (error: unknown) => {
          if (starting !== this.#starting) return;
          this.#failed('start', error);
          this.trace.note('did not start');
          this.#machine.during(() => this.#kill()).catch((failure: unknown) => this.#failed('end', failure));
        },
      );
  }

  #failed(what: string, error: unknown): void {
    if (isAskedFor(error)) this.trace.note(`${what} was cut off`);
    else
      this.#unexpected ??= new Error(`${what}: ${error instanceof Error ? error.stack : String(error)}`, {
        cause: error,
      });
  }

  #letThrough(ready: readonly Waiting[]): void {
    const random = this.#random;
    const first = random.pick(ready);
    const together =
      first.kind === 'append' && random.chance(0.4) ? ready.filter(({ kind }) => kind === 'append') : [first];
    for (const waiting of together) {
      const passage = this.#passage(waiting);
      this.trace.note(`${waiting.name}${passage === 'done' ? '' : `: ${passage}`}`);
      waiting.through(passage);
    }
  }

  #passage({ kind, failure }: Waiting): Passage {
    if (this.#calm || failure === undefined) return 'done';
    const random = this.#random;
    const isWrite = kind === 'append' || kind === 'write';
    if (this.#trouble.has('failed-call') && random.chance(isWrite ? 0.03 : 0.003)) return 'failed';
    return this.#trouble.has('lost-answer') && isWrite && random.chance(0.03) ? 'lost' : 'done';
  }

  #send(): void {
    const process = this.#process;
    const items = this.publishers.next();
    const [first] = items;
    if (process === undefined || first === undefined) return;
    const aheadMs = this.#random.pick([0, 0, 0, 20 * hourMs]);
    const needed =
      Math.max(...items.map(({ arrival, waitMs }) => (arrival.at ?? this.#clock.now()) + waitMs)) - aheadMs;
    if (needed > this.#clock.now()) this.#setClock(needed);
    const requestId = (++this.#requests).toString(16).padStart(32, '0');
    for (const item of items) item.requests.push(requestId);
    this.trace.note(`request ${this.#requests}: ${items.map(describe).join(', ')}`);
    const type = factTypeOf(first.arrival);
    const isBatch = items.length > 1 || (type !== undefined && first.session !== undefined);
    const answers = isBatch
      ? process.batch(
          items.map(({ arrival }) => ({ type: factTypeOf(arrival), ...Object(arrival.call.body) })),
          first.session === undefined ? undefined : sessionId(first.session),
          requestId,
        )
      : process
          .call(first.arrival.call, { requestId, idempotencyKey: `k${first.number}` })
          .then(({ status, body }) => [{ ...body, status }]);
    answers.then(
      (lines) => this.#answered(process, requestId, items, lines),
      (error: unknown) => {
        // What the server makes of a store that is away.
        if (isAskedFor(error))
          this.#answered(
            process,
            requestId,
            items,
            items.map(() => ({ status: 503 })),
          );
        else this.#failed(`request ${Number.parseInt(requestId, 16)}`, error);
      },
    );
  }

  #answered(process: Embedded, requestId: string, items: readonly Item[], lines: readonly { status: number }[]): void {
    if (process !== this.#process) return;
    this.trace.note(`answer ${Number.parseInt(requestId, 16)}: ${lines.map(({ status }) => status).join(' ')}`);
    for (const [index, item] of [...items.entries()].reverse()) {
      const answer = lines[index];
      if (answer === undefined || answer.status === 500)
        this.#failed(describe(item), new Error(JSON.stringify(answer)));
      else this.publishers.answered(item, answer);
    }
  }

  #fireTimer(): void {
    this.trace.note('a timer goes off');
    this.#machine.timers.fireNext();
  }

  async #kill(): Promise<void> {
    if (this.#process !== undefined) await checkDurable(this.#process);
    this.#process = undefined;
    const starting = this.#starting;
    this.#starting = undefined;
    this.#turnstile.forget();
    this.#machine.timers.forget();
    this.publishers.unanswered();
    await starting?.kill();
  }

  async #crash(): Promise<void> {
    this.trace.note('is killed');
    await this.#kill();
  }

  async #cutPower(): Promise<void> {
    await this.#kill();
    this.trace.note(`the power fails: ${this.#disk.cutPower(this.#power, 0.6).join(' ')}`);
  }

  #sync(): void {
    this.trace.note('views reach the disk');
    this.#disk.sync();
  }

  async #loseViews(): Promise<void> {
    this.trace.note('the views are removed');
    await this.#kill();
    this.#disk.removeViews();
  }

  /** A program that comes with other policies takes its place. */
  async #newProgram(): Promise<void> {
    const random = this.#random;
    this.#policies = this.#policies.map((policy) => (random.chance(0.5) ? nextVersion(policy, random) : policy));
    this.trace.note(
      `another program: ${this.#policies.map(({ policy, version }) => `${policy} v${version}`).join(' ')}`,
    );
    await this.#kill();
  }

  #turnClock(byMs: number): void {
    this.#setClock(this.#clock.now() + byMs);
  }

  #setClock(instant: number): void {
    this.#clock.set(instant);
    this.#furthest = Math.max(this.#furthest, instant);
    this.trace.note(`it is ${new Date(instant).toISOString()}`);
  }

  #poison(): void {
    const customers = [...new Set(this.publishers.keys.map(({ source, key }) => `${source}/${key}`))];
    const one = this.#random.pick(customers);
    this.trace.note(`${one} cannot be projected`);
    this.#poisoned.add(one);
  }

  #heal(): void {
    this.trace.note('all can be projected');
    this.#poisoned.clear();
    this.#replayParks();
  }

  #replayParks(): void {
    const process = this.#process;
    for (const { id, key } of process?.parks ?? []) {
      this.trace.note(`replay of ${key}`);
      process?.replay(id).then(
        (outcome) => this.trace.note(`replay of ${key}: ${outcome}`),
        (error: unknown) => this.#failed(`replay of ${key}`, error),
      );
    }
  }

  /** A projection that fails for some, as one with a fault in it does. */
  #fragile(): ServiceViews {
    const collection = 'fragile';
    return {
      projections: [
        {
          name: collection,
          collections: [{ name: collection, indexes: [] }],
          customer: ({ customer, state }) => {
            if (state.keys.some((key) => this.#poisoned.has(`${key.source}/${key.key}`))) throw new TypeError('poison');
            const document = { _id: customer.id, frequency: state.frequency };
            const others = customer.ids.slice(1).map((id) => ({ collection, id, document: null }));
            return [{ collection, id: customer.id, document }, ...others];
          },
        },
      ],
    };
  }

  /** Delivers some again, as a bus does that is not sure. */
  #delivering(consumer: Consumer): Consumer {
    let given: readonly StoredEvent[] = [];
    return {
      ...consumer,
      handle: async (delivery) => {
        const random = this.#random;
        let { events } = delivery;
        if (!this.#calm && this.#trouble.has('redelivery')) {
          events = events.flatMap((event) => (random.chance(0.1) ? [event, event] : [event]));
          const again = random.chance(0.15) ? given.slice(-1 - random.below(20)) : [];
          if (again.length > 0) this.trace.note(`${consumer.name} is given ${again.length} again`);
          events = [...again, ...events];
        }
        await consumer.handle({ ...delivery, events });
        // No bus delivers what it has parked: only what was applied comes again.
        given = [...given, ...delivery.events].slice(-40);
      },
    };
  }

  /** Lets everything come to rest, and looks. @param toTheEnd whether all troubles are over */
  async #look(toTheEnd: boolean): Promise<void> {
    this.#calm = true;
    if (this.#clock.now() < this.#furthest) this.#clock.set(this.#furthest);
    if (toTheEnd) {
      this.#poisoned.clear();
      // A parked customer whose row could not be removed is known to be parked again after a restart only.
      await this.#crash();
      await this.#settle();
      this.#replayParks();
    }
    await this.#settle();
    const process = this.#process;
    if (process === undefined) return;
    await this.#machine.quiet();
    const events = await allEvents(process.store);
    this.trace.note(`at rest: ${events.length} events, ${digestOf(events)}`);
    await checkSettled({
      process,
      events,
      now: this.#clock.now(),
      publishers: this.publishers,
      isDefault: this.#policies.every(({ version }) => version === 1),
      toTheEnd,
    });
    this.trace.note('all holds');
    this.#calm = false;
  }

  async #settle(): Promise<void> {
    for (;;) {
      await this.#quiet();
      if (this.#starting === undefined) this.#boot();
      const ready = this.#turnstile.ready;
      if (ready.length > 0) this.#letThrough(ready);
      else if (await this.#isAtRest()) return;
      else if (this.#machine.timers.count > 0) this.#fireTimer();
      else throw new Error('nothing moves any more, and it is not at rest');
    }
  }

  async #isAtRest(): Promise<boolean> {
    const process = this.#process;
    if (process === undefined || this.publishers.underway > 0) return false;
    const { projecting, recording } = process.standing;
    const head = await process.store.head();
    return projecting === head && recording === head && !(await process.isDue(this.#clock.now()));
  }
}

function isAskedFor(error: unknown): boolean {
  return (error instanceof StoreUnavailableError || error instanceof ReadStoreError) && error.message === cutOff;
}

function describe({ arrival, again, session }: Item): string {
  const of = again === undefined ? '' : ` (${again.as})`;
  const { operationId, body, params } = arrival.call;
  const { orderId, refundId, complaintId, contactId, invitationId, followUpId } = Object(body);
  const name =
    orderId ?? refundId ?? complaintId ?? contactId ?? invitationId ?? followUpId ?? params?.id?.slice(0, 8) ?? '';
  return `${operationId} ${name}${session === undefined ? '' : ` in ${session}`}${of}`;
}

/** Of what a log says; ids of requests are the process's own, and random from its start on. */
function digestOf(events: readonly StoredEvent[]): string {
  const said = events.map(({ metadata: _, ...event }) => event);
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 16);
}

/** The same policy, somewhat stricter or milder. */
function nextVersion(policy: PolicyDocument, random: Random): PolicyDocument {
  const version = policy.version + 1;
  switch (policy.policy) {
    case 'lifecycle': {
      const silentDays = random.pick([20, 60, 90, 120]);
      const stages = { ...policy.stages, 'at-risk': { silentDays }, churned: { silentDays: silentDays * 2 } };
      return { ...policy, version, stages };
    }
    case 'loyalty':
      return { ...policy, version, review: { everyDays: random.pick([50, 200, 365]) } };
    case 'lifecycle-model':
      return policy;
    case 'satisfaction':
      // Another one moves a customer's document with their next fact, not at once.
      return policy;
    default:
      return policy satisfies never;
  }
}
