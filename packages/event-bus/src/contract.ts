import { type EventStore, eventId, type NewEvent, type Position, type StoredEvent } from '@tenure/event-store';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Consumer, type EventBus, type Park, type ParkingLot, PoisonError } from './port.ts';

/** A bus over a log of its own, for one test. */
export interface BusUnderTest {
  readonly store: EventStore;
  /** A bus over this log with these rows of what is parked; one after another, as processes are. */
  openBus(parkingLot: ParkingLot): EventBus;
  close(): Promise<void>;
}

/** What every event bus has to do. `open` gives an empty log and what opens buses over it. */
export function eventBusContract(name: string, open: () => Promise<BusUnderTest>): void {
  describe(`event bus contract: ${name}`, () => {
    const opened: BusUnderTest[] = [];
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });
    const start = async (): Promise<BusUnderTest> => {
      const one = await open();
      opened.push(one);
      return one;
    };

    it('delivers every event, in log order, from the beginning', async () => {
      const { store, openBus } = await start();
      const positions = await append(store, ['a', 'b', 'a', 'c']);
      const consumer = new Recorder('all');
      const bus = openBus(parkingRows());
      await bus.subscribe(consumer);
      await vi.waitFor(() => expect(consumer.positions).toEqual(positions));
      await bus.close();
    });

    it('delivers what is appended later', async () => {
      const { store, openBus } = await start();
      const consumer = new Recorder('late');
      const bus = openBus(parkingRows());
      const subscription = await bus.subscribe(consumer);
      const [position = ''] = await append(store, ['a']);
      await subscription.reached(position, AbortSignal.timeout(5_000));
      expect(consumer.positions).toEqual([position]);
      expect(subscription.position).toBe(position);
      await bus.close();
    });

    it('lets messages, timers and others have their turn while a consumer is behind', async () => {
      const { store, openBus } = await start();
      const positions = await append(store, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
      const consumer = new Recorder('behind');
      const seenByOthers = new Set<number>();
      let isLooking = true;
      const look = (): void => {
        seenByOthers.add(consumer.positions.length);
        if (isLooking) setImmediate(look);
      };
      look();
      const bus = openBus(parkingRows());
      await (await bus.subscribe(consumer)).reached(positions.at(-1) ?? '', AbortSignal.timeout(5_000));
      isLooking = false;
      expect([...seenByOthers].some((count) => count > 0 && count < positions.length)).toBe(true);
      await bus.close();
    });

    it('goes on after the checkpoint that the consumer stored', async () => {
      const { store, openBus } = await start();
      const before = await append(store, ['a', 'b']);
      const consumer = new Recorder('resuming');
      const first = openBus(parkingRows());
      await (await first.subscribe(consumer)).reached(before.at(-1) ?? '', AbortSignal.timeout(5_000));
      await first.close();
      const after = await append(store, ['c']);
      const second = openBus(parkingRows());
      await (await second.subscribe(consumer)).reached(after.at(-1) ?? '', AbortSignal.timeout(5_000));
      expect(consumer.positions).toEqual([...before, ...after]);
      await second.close();
    });

    it('I6: delivers again what failed, and says why it does not move meanwhile', async () => {
      const { store, openBus } = await start();
      const consumer = new Recorder('failing');
      consumer.failure = new Error('the database is away');
      const bus = openBus(parkingRows());
      const subscription = await bus.subscribe(consumer);
      const positions = await append(store, ['a', 'b']);
      await vi.waitFor(() => expect(subscription.failure?.message).toBe('the database is away'));
      expect(subscription.position).toBeNull();
      consumer.failure = undefined;
      await subscription.reached(positions.at(-1) ?? '', AbortSignal.timeout(5_000));
      expect(consumer.positions).toEqual(positions);
      expect(subscription.failure).toBeUndefined();
      await bus.close();
    });

    it('I12: parks a poisoned customer, and all others go on', async () => {
      const { store, openBus } = await start();
      const rows = parkingRows();
      const consumer = new Recorder('parking');
      const positions = await append(store, ['good', 'bad', 'bad', 'good']);
      consumer.poison = positions[1];
      const bus = openBus(rows);
      const subscription = await bus.subscribe(consumer);
      await subscription.reached(positions[3] ?? '', AbortSignal.timeout(5_000));
      expect(consumer.positions).toEqual([positions[0], positions[3]]);
      expect(await rows.list()).toMatchObject([
        { consumer: 'parking', key: customer('bad'), position: positions[1], reason: 'cannot be applied' },
      ]);
      await bus.close();
    });

    it('I12: a replay delivers what a parked customer missed, in order, and releases it', async () => {
      const { store, openBus } = await start();
      const rows = parkingRows();
      const consumer = new Recorder('healing');
      const positions = await append(store, ['bad', 'good', 'bad']);
      consumer.poison = positions[0];
      const bus = openBus(rows);
      const subscription = await bus.subscribe(consumer);
      await subscription.reached(positions[2] ?? '', AbortSignal.timeout(5_000));
      const [park] = await rows.list();
      expect(await subscription.replay(park?.id ?? '')).toBe('parked-again');
      consumer.poison = undefined;
      expect(await subscription.replay(park?.id ?? '')).toBe('released');
      expect(await rows.list()).toEqual([]);
      expect(consumer.positions).toEqual([positions[1], positions[0], positions[2]]);
      const later = await append(store, ['bad']);
      await subscription.reached(later[0] ?? '', AbortSignal.timeout(5_000));
      expect(consumer.positions.at(-1)).toBe(later[0]);
      expect(await subscription.replay('nobody')).toBe('unknown');
      await bus.close();
    });

    it('drops the event that fails, and delivers what follows it', async () => {
      const { store, openBus } = await start();
      const rows = parkingRows();
      const consumer = new Recorder('dropping');
      const positions = await append(store, ['bad', 'bad']);
      consumer.poison = positions[0];
      const bus = openBus(rows);
      const subscription = await bus.subscribe(consumer);
      await subscription.reached(positions[1] ?? '', AbortSignal.timeout(5_000));
      const [park] = await rows.list();
      expect(await subscription.drop(park?.id ?? '')).toBe('released');
      expect(consumer.positions).toEqual([positions[1]]);
      await bus.close();
    });

    it('a parked customer is still parked after a restart', async () => {
      const { store, openBus } = await start();
      const rows = parkingRows();
      const consumer = new Recorder('restarted');
      const positions = await append(store, ['bad']);
      consumer.poison = positions[0];
      const first = openBus(rows);
      await (await first.subscribe(consumer)).reached(positions[0] ?? '', AbortSignal.timeout(5_000));
      await first.close();
      consumer.poison = undefined;
      const later = await append(store, ['bad', 'good']);
      const second = openBus(rows);
      await (await second.subscribe(consumer)).reached(later[1] ?? '', AbortSignal.timeout(5_000));
      expect(consumer.positions).toEqual([later[1]]);
      await second.close();
    });

    it('a consumer that fails does not hold others up', async () => {
      const { store, openBus } = await start();
      const broken = new Recorder('broken');
      broken.failure = new Error('always');
      const sound = new Recorder('sound');
      const bus = openBus(parkingRows());
      await bus.subscribe(broken);
      const subscription = await bus.subscribe(sound);
      const positions = await append(store, ['a']);
      await subscription.reached(positions[0] ?? '', AbortSignal.timeout(5_000));
      expect(sound.positions).toEqual(positions);
      expect(broken.positions).toEqual([]);
      await bus.close();
    });
  });
}

/** Remembers what it was given, and fails as it is told. */
class Recorder implements Consumer {
  readonly name: string;
  readonly positions: Position[] = [];
  failure: Error | undefined;
  poison: Position | undefined;
  #checkpoint: Awaited<ReturnType<Consumer['checkpoint']>>;

  constructor(name: string) {
    this.name = name;
  }

  checkpoint: Consumer['checkpoint'] = async () => this.#checkpoint;

  handle: Consumer['handle'] = async ({ events, checkpoint }) => {
    if (this.failure !== undefined) throw this.failure;
    const poisoned = events.find(({ position }) => position === this.poison);
    if (poisoned !== undefined) throw new PoisonError(poisoned, { cause: new Error('cannot be applied') });
    this.positions.push(...events.map((event: StoredEvent) => event.position));
    this.#checkpoint = checkpoint;
  };
}

function parkingRows(): ParkingLot {
  const rows = new Map<string, Park>();
  return {
    list: async () => [...rows.values()],
    park: async (park) => void rows.set(park.id, park),
    release: async (id) => void rows.delete(id),
  };
}

function customer(name: string): string {
  return eventId(name, 0);
}

let appended = 0;

/** One event for each name, in a stream of its own; returns their positions. */
async function append(store: EventStore, names: readonly string[]): Promise<readonly Position[]> {
  const positions: Position[] = [];
  for (const name of names) {
    const number = ++appended;
    const event: NewEvent = {
      id: eventId(`event-${number}`, 0),
      type: 'ProfileCompleted',
      version: 1,
      customerId: customer(name),
      occurredAt: number,
      data: { kind: 'person' },
      metadata: {
        actor: 'test',
        service: 'profile',
        commandId: `c${number}`,
        causationId: 'none',
        correlationId: 'none',
      },
    };
    const stream = `profile-${eventId(`stream-${number}`, 0)}`;
    const [outcome] = await store.append([[{ stream, expected: 'absent', events: [event] }]]);
    if (outcome?.status !== 'appended') throw new Error('the append met a conflict');
    positions.push(outcome.position);
  }
  return positions;
}
