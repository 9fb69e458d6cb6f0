import type { EventStore, Position, StoredEvent } from '@tenure/event-store';
import { LRUCache } from 'lru-cache';
import { commandKey } from '../ids.ts';

/** How a decider sees a stream, its types gone. */
export interface Folding {
  readonly stream: string;
  /** Whose fold it is: another's state of the same stream is of no use. */
  readonly decider: object;
  /** @param before the state that the events follow on; absent: from the first event */
  fold(events: readonly StoredEvent[], before?: Snapshot): unknown;
}

/** What a decider makes of a stream's events up to one of them. Never changed. */
export interface Snapshot {
  readonly decider: object;
  readonly state: unknown;
  readonly first: StoredEvent;
  readonly last: StoredEvent;
  /** Of all commands that these events came of: see `commandKey`. */
  readonly commandKeys: ReadonlySet<string>;
}

/** A stream as far as it was there when it was read. */
export interface History {
  /** What came before the events; undefined if they are all there is. */
  readonly before: Snapshot | undefined;
  readonly events: readonly StoredEvent[];
}

/** So many events after the last snapshot make the next. Fewer are read as fast as they are found. */
const GROWN_BY = 128;
/** Over all snapshots, commands that they know of: about 50 bytes each, and as much again for the states. */
const KNOWN_COMMANDS = 500_000;

/**
 * What streams that have grown came to, so that a command reads and folds only what is new. In memory: a stream is read
 * whole once in the life of a process, and again when it was not asked for in a long time.
 */
export class Snapshots {
  readonly #store: Pick<EventStore, 'readStream'>;
  readonly #kept = new LRUCache<string, Snapshot>({
    maxSize: KNOWN_COMMANDS,
    sizeCalculation: ({ commandKeys }) => commandKeys.size,
  });

  constructor(store: Pick<EventStore, 'readStream'>) {
    this.#store = store;
  }

  /** @param commandId one whose own events, if they are there already, have to be among those read */
  async read(folding: Folding, commandId?: string): Promise<History> {
    const { stream, decider } = folding;
    const kept = this.#kept.get(stream);
    const isOfUse =
      kept?.decider === decider && (commandId === undefined || !kept.commandKeys.has(commandKey(commandId)));
    const before = isOfUse ? kept : undefined;
    const from = before === undefined ? {} : { from: before.last.revision + 1 };
    const history = { before, events: await this.#store.readStream(stream, from) };
    if (history.events.length >= GROWN_BY) this.#keep(folding, history);
    return history;
  }

  #keep(folding: Folding, { before, events }: History): void {
    const [first] = events;
    const last = events.at(-1);
    if (first === undefined || last === undefined) return;
    const commandKeys = new Set(before?.commandKeys);
    for (const { metadata } of events) commandKeys.add(commandKey(metadata.commandId));
    const state = folding.fold(events, before);
    const { decider, stream } = folding;
    this.#kept.set(stream, { decider, state, first: before?.first ?? first, last, commandKeys });
  }
}

/** Where a stream begins and ends. */
export interface Extent {
  /** Of the first event; null if there is none. */
  readonly begins: Position | null;
  /** Of the last event, -1 if there is none. */
  readonly revision: number;
  readonly customerId: string | null;
  /** Of the last event. */
  readonly position: Position | null;
}

export function extentOf({ before, events }: History): Extent {
  const first = before?.first ?? events[0];
  const last = events.at(-1) ?? before?.last;
  return {
    begins: first?.position ?? null,
    revision: last?.revision ?? -1,
    customerId: last?.customerId ?? null,
    position: last?.position ?? null,
  };
}
