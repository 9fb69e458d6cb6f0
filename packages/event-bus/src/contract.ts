import {
  type Checkpoint,
  type EventStore,
  eventId,
  type NewEvent,
  type Position,
  type StoredEvent,
} from '@tenure/event-store';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Consumer, type EventBus, type Park, type ParkingLot, PoisonError } from './port.ts';

/** A bus over a log of its own, for one test. */
export interface BusUnderTest {
  readonly store: EventStore;
  /** 1 unless told: then events come in log order over all keys. With more, only those of one key do. */
  readonly partitions?: number;
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

    it('delivers every event once, each key in log order, from the beginning', async () => {
      const { store, openBus, partitions } = await start();
      const positions = await append(store, ['a', 'b', 'a', 'c', 'd', 'a', 'e', 'b']);
      const consumer = new Recorder('all');
      const bus = openBus(parkingRows());
      await bus.subscribe(consumer);
      await vi.waitFor(() => expect(consumer.positions).toHaveLength(positions.length), { timeout: patienceMs });
      expectInOrder(consumer, positions, partitions);
      await bus.close();
    });

    it('delivers what belongs to no customer in every partition, before what comes after it', async () => {
      const { store, openBus, partitions = 1 } = await start();
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      const before = await append(store, names);
      const [common = ''] = await append(store, [null]);
      const after = await append(store, names);
      const consumer = new Recorder('everywhere');
      const bus = openBus(parkingRows());
      await (await bus.subscribe(consumer)).reached(after.at(-1) ?? '', AbortSignal.timeout(patienceMs));
      const deliveredIn = consumer.delivered.filter(({ event }) => event.position === common);
      expect(deliveredIn.map(({ partition }) => partition).sort()).toEqual(
        Array.from({ length: partitions }, (_, n) => n),
      );
      for (let partition = 0; partition < partitions; partition += 1) {
        const own = consumer.delivered.filter((one) => one.partition === partition).map(({ event }) => event.position);
        expect(own).toEqual([...own].sort());
      }
      expect(consumer.positions).toHaveLength(before.length + partitions + after.length);
      await bus.close();
    });

    it('delivers events as the store gives them', async () => {
      const { store, openBus } = await start();
      const positions = await append(store, ['a', null, 'b'], { name: 'Ada' });
      const consumer = new Recorder('whole');
      const bus = openBus(parkingRows());
      await (await bus.subscribe(consumer)).reached(positions.at(-1) ?? '', AbortSignal.timeout(patienceMs));
      const delivered = new Map(consumer.delivered.map(({ event }) => [event.position, event]));
      expect([...delivered.values()].sort(byPosition)).toEqual(await store.readAll({ limit: 10 }));
      expect(delivered.get(positions[0] ?? '')?.personal).toEqual({ name: 'Ada' });
      await bus.close();
    });

    it('follows the keys whose events it delivers', async () => {
      const { store, openBus } = await start();
      const consumer = new Recorder('following');
      const bus = openBus(parkingRows());
      const subscription = await bus.subscribe(consumer);
      const [position = ''] = await append(store, ['a']);
      await subscription.reached(position, AbortSignal.timeout(patienceMs));
      expect(bus.follows(customer('a'))).toBe(true);
      await bus.close();
    });

    it('delivers what is appended later', async () => {
      const { store, openBus } = await start();
      const consumer = new Recorder('late');
      const bus = openBus(parkingRows());
      const subscription = await bus.subscribe(consumer);
      const [position = ''] = await append(store, ['a']);
      await subscription.reached(position, AbortSignal.timeout(patienceMs));
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
      await (await bus.subscribe(consumer)).reached(positions.at(-1) ?? '', AbortSignal.timeout(patienceMs));
      isLooking = false;
      expect([...seenByOthers].some((count) => count > 0 && count < positions.length)).toBe(true);
      await bus.close();
    });

    it('goes on after the checkpoint that the consumer stored', async () => {
      const { store, openBus, partitions } = await start();
      const before = await append(store, ['a', 'b', 'c', 'a']);
      const consumer = new Recorder('resuming');
      const first = openBus(parkingRows());
      await (await first.subscribe(consumer)).reached(before.at(-1) ?? '', AbortSignal.timeout(patienceMs));
      await first.close();
      const after = await append(store, ['c', 'a']);
      const second = openBus(parkingRows());
      await (await second.subscribe(consumer)).reached(after.at(-1) ?? '', AbortSignal.timeout(patienceMs));
      expectInOrder(consumer, [...before, ...after], partitions);
      await second.close();
    });

    it('I6: delivers again what failed, and says why it does not move meanwhile', async () => {
      const { store, openBus, partitions } = await start();
      const consumer = new Recorder('failing');
      consumer.failure = new Error('the database is away');
      const bus = openBus(parkingRows());
      const subscription = await bus.subscribe(consumer);
      const positions = await append(store, ['a', 'b']);
      await vi.waitFor(() => expect(subscription.failure?.message).toBe('the database is away'), {
        timeout: patienceMs,
      });
      expect(subscription.position).toBeNull();
      consumer.failure = undefined;
      await subscription.reached(positions.at(-1) ?? '', AbortSignal.timeout(patienceMs));
      expectInOrder(consumer, positions, partitions);
      expect(subscription.failure).toBeUndefined();
      await bus.close();
    });

    it('I12: parks a poisoned customer, and all others go on', async () => {
      const { store, openBus, partitions } = await start();
      const rows = parkingRows();
      const consumer = new Recorder('parking');
      const positions = await append(store, ['good', 'bad', 'bad', 'good']);
      consumer.poison = positions[1];
      const bus = openBus(rows);
      const subscription = await bus.subscribe(consumer);
      await subscription.reached(positions[3] ?? '', AbortSignal.timeout(patienceMs));
      expectInOrder(consumer, [positions[0] ?? '', positions[3] ?? ''], partitions);
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
      await subscription.reached(positions[2] ?? '', AbortSignal.timeout(patienceMs));
      const [park] = await rows.list();
      expect(await subscription.replay(park?.id ?? '')).toBe('parked-again');
      consumer.poison = undefined;
      expect(await subscription.replay(park?.id ?? '')).toBe('released');
      expect(await rows.list()).toEqual([]);
      expect(consumer.positions).toEqual([positions[1], positions[0], positions[2]]);
      const later = await append(store, ['bad']);
      await subscription.reached(later[0] ?? '', AbortSignal.timeout(patienceMs));
      expect(consumer.positions.at(-1)).toBe(later[0]);
      expect(await subscription.replay('nobody')).toBe('unknown');
      await bus.close();
    });

    it('I12: a replay whose row could not be removed can be asked for again, and nothing comes before it', async () => {
      const { store, openBus } = await start();
      const rows = parkingRows();
      let isAway = true;
      const release = async (id: string): Promise<void> => {
        if (isAway) throw new Error('the rows are away');
        await rows.release(id);
      };
      const consumer = new Recorder('releasing');
      const positions = await append(store, ['bad', 'bad']);
      consumer.poison = positions[0];
      const bus = openBus({ ...rows, release });
      const subscription = await bus.subscribe(consumer);
      await subscription.reached(positions[1] ?? '', AbortSignal.timeout(patienceMs));
      const [park] = await rows.list();
      consumer.poison = undefined;
      await expect(subscription.replay(park?.id ?? '')).rejects.toThrow();
      const [later = ''] = await append(store, ['bad']);
      await subscription.reached(later, AbortSignal.timeout(patienceMs));
      isAway = false;
      expect(await subscription.replay(park?.id ?? '')).toBe('released');
      expect(consumer.positions.at(-1)).toBe(later);
      expect(await rows.list()).toEqual([]);
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
      await subscription.reached(positions[1] ?? '', AbortSignal.timeout(patienceMs));
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
      await (await first.subscribe(consumer)).reached(positions[0] ?? '', AbortSignal.timeout(patienceMs));
      await first.close();
      consumer.poison = undefined;
      const later = await append(store, ['bad', 'good']);
      const second = openBus(rows);
      await (await second.subscribe(consumer)).reached(later[1] ?? '', AbortSignal.timeout(patienceMs));
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
      await subscription.reached(positions[0] ?? '', AbortSignal.timeout(patienceMs));
      expect(sound.positions).toEqual(positions);
      expect(broken.positions).toEqual([]);
      await bus.close();
    });
  });
}

/** Long enough for a machine that does other things too. */
const patienceMs = 15_000;

/** These, each once: in log order where there is one partition, else each key's in log order. */
function expectInOrder(consumer: Recorder, positions: readonly Position[], partitions = 1): void {
  expect([...consumer.positions].sort()).toEqual(positions);
  if (partitions === 1) expect(consumer.positions).toEqual(positions);
  const lastOf = new Map<string, Position>();
  for (const { event } of consumer.delivered) {
    const key = event.customerId ?? event.stream;
    expect(event.position > (lastOf.get(key) ?? '')).toBe(true);
    lastOf.set(key, event.position);
  }
}

function byPosition(one: StoredEvent, other: StoredEvent): number {
  return one.position < other.position ? -1 : 1;
}

/** Remembers what it was given, and fails as it is told. */
class Recorder implements Consumer {
  readonly name: string;
  readonly delivered: { readonly partition: number; readonly event: StoredEvent }[] = [];
  failure: Error | undefined;
  poison: Position | undefined;
  readonly #checkpoints = new Map<number, Checkpoint>();

  constructor(name: string) {
    this.name = name;
  }

  get positions(): readonly Position[] {
    return this.delivered.map(({ event }) => event.position);
  }

  checkpoint: Consumer['checkpoint'] = async (partition) => this.#checkpoints.get(partition);

  handle: Consumer['handle'] = async ({ partition, events, checkpoint }) => {
    if (this.failure !== undefined) throw this.failure;
    const poisoned = events.find(({ position }) => position === this.poison);
    if (poisoned !== undefined) throw new PoisonError(poisoned, { cause: new Error('cannot be applied') });
    this.delivered.push(...events.map((event) => ({ partition, event })));
    this.#checkpoints.set(partition, checkpoint);
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

/** One event for each name (null: of no customer), in a stream of its own; returns their positions. */
async function append(
  store: EventStore,
  names: readonly (string | null)[],
  personal?: object,
): Promise<readonly Position[]> {
  const positions: Position[] = [];
  for (const name of names) {
    const number = ++appended;
    const event: NewEvent = {
      id: eventId(`event-${number}`, 0),
      type: 'ProfileCompleted',
      version: 1,
      customerId: name === null ? null : customer(name),
      occurredAt: number,
      data: { kind: 'person' },
      ...(personal === undefined ? {} : { personal }),
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
