import { afterEach, beforeEach } from 'vitest';
import { eventId } from '../event-id.ts';
import type { AppendOutcome, AppendUnit, EventStore, ExpectedRevision, NewEvent, Position } from '../port.ts';

/** A log under test, empty at first. */
export interface EventStoreHarness {
  /** Whether a unit that meets a conflict leaves nothing behind; if not, what came before the conflict stays. */
  readonly atomicUnits: boolean;
  /**
   * Whether the log has the units of a call, and of calls made at the same time, in the order in which they were given;
   * if not, only those that meet in a stream.
   */
  readonly orderedUnits: boolean;
  /** Another client of the log. */
  connect(options?: { readonly now?: () => number }): Promise<EventStore>;
  /** Ends whatever serves the log, all clients being closed; the next `connect` finds only what is durable. */
  restart(): Promise<void>;
  /** Destroys the key of a customer's, or a stream's, personal data. */
  destroyKey(owner: string): Promise<void>;
  /** Removes the log, all clients being closed. */
  dispose(): Promise<void>;
}

/** The log of one test, with its clients, which are closed after it. */
export interface LogUnderTest {
  readonly atomicUnits: boolean;
  /** The items as they are where units are ordered, else sorted: what can be compared with what the log has. */
  byPromisedOrder<T>(items: readonly T[]): T[];
  connect(options?: { readonly now?: () => number }): Promise<EventStore>;
  restart(): Promise<void>;
  destroyKey(owner: string): Promise<void>;
}

/** Gives each test of the enclosing `describe` a log of its own. */
export const eachTestItsLog = (create: () => Promise<EventStoreHarness>): LogUnderTest => {
  let harness: EventStoreHarness | undefined;
  const clients: EventStore[] = [];
  const current = (): EventStoreHarness => {
    if (!harness) throw new Error('the log is there only while a test runs');
    return harness;
  };
  const closeClients = async (): Promise<void> => {
    for (const client of clients.splice(0)) await client.close();
  };
  beforeEach(async () => {
    harness = await create();
  });
  afterEach(async () => {
    await closeClients();
    await harness?.dispose();
    harness = undefined;
  });
  return {
    get atomicUnits() {
      return current().atomicUnits;
    },
    byPromisedOrder: (items) => (current().orderedUnits ? [...items] : items.toSorted()),
    async connect(options) {
      const client = await current().connect(options);
      clients.push(client);
      return client;
    },
    async restart() {
      await closeClients();
      await current().restart();
    },
    destroyKey: (owner) => current().destroyKey(owner),
  };
};

export const hex = (n: number): string => n.toString(16).padStart(32, '0');

/** The nth stream of a category. */
export const streamName = (n: number, category = 'purchase'): string => `${category}-${hex(n)}`;

/** An event of a command of its own; `name` makes its id. */
export const newEvent = (name: string, overrides: Partial<NewEvent> = {}): NewEvent => ({
  id: eventId(name, 0),
  type: 'PurchaseRecorded',
  version: 1,
  customerId: null,
  occurredAt: Date.UTC(2011, 0, 1),
  data: { name },
  metadata: { actor: 'shop', service: 'interaction', commandId: name, causationId: name, correlationId: name },
  ...overrides,
});

/** A unit of one append. */
export const unit = (stream: string, expected: ExpectedRevision, ...events: NewEvent[]): AppendUnit => [
  { stream, expected, events },
];

/** Appends one unit and answers its outcome. */
export const appendOne = async (
  store: EventStore,
  stream: string,
  expected: ExpectedRevision,
  ...events: NewEvent[]
): Promise<AppendOutcome> => {
  const [outcome] = await store.append([unit(stream, expected, ...events)]);
  if (!outcome) throw new Error('the store answered without an outcome');
  return outcome;
};

/** The position of an append that must have happened. */
export const positionOf = (outcome: AppendOutcome | undefined): Position => {
  if (outcome?.status !== 'appended') throw new Error(`not appended: ${JSON.stringify(outcome)}`);
  return outcome.position;
};

/** Appends events to one stream that is not there yet, each in a call of its own; answers their positions. */
export const appendEach = async (
  store: EventStore,
  stream: string,
  events: readonly NewEvent[],
): Promise<Position[]> => {
  const positions: Position[] = [];
  for (const [index, event] of events.entries())
    positions.push(positionOf(await appendOne(store, stream, index === 0 ? 'absent' : index - 1, event)));
  return positions;
};

export const idsOf = (events: readonly { readonly id: string }[]): string[] => events.map(({ id }) => id);
