import type { EventBus, ParkingLot, ReplayOutcome, Subscription } from '@tenure/event-bus';
import type { ViewSet } from '@tenure/read-store';
import { type Consumers, createConsumers } from './consumers.ts';
import type { CustomerMemory } from './known-customers.ts';
import type { ParkedTimers } from './parked-timers.ts';
import { createParkingLot, type Parked } from './parking.ts';
import { projectingConsumer } from './projecting.ts';
import { recordingConsumer } from './recording-consumer.ts';
import type { DeliveredConsumer } from './reports.ts';
import { Scheduler } from './scheduler.ts';
import type { ServiceViews, ViewsContext } from './types.ts';

export interface VersionParts {
  readonly services: readonly ServiceViews[];
  readonly context: ViewsContext;
  /** Where holds, others' parks and the recorders' checkpoint are kept. */
  readonly state: ViewSet;
  readonly memory: CustomerMemory;
  readonly timerMs: number;
  /** Those who build the same version share that work; whoever records goes on from one version to the next. */
  readonly openBus: (work: 'projecting' | 'recording', parkingLot: ParkingLot) => Promise<EventBus>;
  /** Recorders have a bus of their own. */
  readonly isShared: boolean;
  readonly reporting: DeliveredConsumer;
  readonly parkedTimers: ParkedTimers;
  readonly onParked: () => void;
  readonly onTimerFailure: (timer: string, id: string, error: unknown) => void;
}

/** One version of the views at work: it follows the log, and once it is the one that is served it records and fires. */
export class VersionAtWork {
  readonly #parts: VersionParts;
  readonly #buses: readonly EventBus[];
  readonly #consumers: Consumers;
  readonly projecting: Subscription;
  #recording: Subscription | undefined;
  #scheduler: Scheduler | undefined;

  private constructor(parts: VersionParts, buses: readonly EventBus[], consumers: Consumers, projecting: Subscription) {
    this.#parts = parts;
    this.#buses = buses;
    this.#consumers = consumers;
    this.projecting = projecting;
  }

  /** Begins to follow the log. */
  static async follow(parts: VersionParts): Promise<VersionAtWork> {
    const { services, context, state, memory, openBus, isShared, reporting, onParked } = parts;
    const lot = createParkingLot({ views: context.views, state }, onParked);
    const bus = await openBus('projecting', lot);
    const recordingBus = isShared ? await openBus('recording', lot) : bus;
    const buses = isShared ? [bus, recordingBus] : [bus];
    try {
      const follows = (key: string): boolean => buses.every((one) => one.follows(key));
      const consumers = await createConsumers({ services, context, state, memory, follows });
      return new VersionAtWork(parts, buses, consumers, await bus.subscribe(reporting(consumers.projecting)));
    } catch (error) {
      await Promise.all(buses.map((one) => one.close()));
      throw error;
    }
  }

  get version(): string {
    return this.views.version;
  }

  get views(): ViewSet {
    return this.#parts.context.views;
  }

  /** Undefined until `record`. */
  get recording(): Subscription | undefined {
    return this.#recording;
  }

  /** Begins to record what is derived; no other version may be recording in this process. */
  async record(): Promise<void> {
    const bus = this.#buses.at(-1);
    this.#recording = await bus?.subscribe(this.#parts.reporting(this.#consumers.recording));
  }

  /** Fires what falls due from now on. */
  startTimers(): void {
    const { context, timerMs, parkedTimers, onParked, onTimerFailure } = this.#parts;
    const bus = this.#buses.at(-1);
    if (this.#recording === undefined || bus === undefined) return;
    this.#scheduler = new Scheduler({
      timers: this.#consumers.timers,
      context,
      projecting: this.projecting,
      recording: this.#recording,
      owns: (key) => bus.follows(key),
      parked: parkedTimers,
      onParked,
      onFailure: onTimerFailure,
      everyMs: timerMs,
    });
    this.#scheduler.start();
  }

  /** Replays or drops what is parked: an event of a consumer, or a timer. */
  async release(kind: 'replay' | 'drop', { id, consumer }: Parked): Promise<ReplayOutcome> {
    if (consumer === projectingConsumer) return this.projecting[kind](id);
    const other = consumer === recordingConsumer ? this.#recording : this.#scheduler;
    // Between two versions nobody fires.
    return (await other?.[kind](id)) ?? 'parked-again';
  }

  /** Ends after what is under way, and closes the version. */
  async stop(): Promise<void> {
    await this.#scheduler?.stop();
    for (const bus of this.#buses) await bus.close();
    await this.views.close();
  }
}
