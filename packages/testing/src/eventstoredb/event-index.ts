/** The event number that a tombstone takes, as on the server: nothing comes after it. */
export const TOMBSTONE_REVISION = 2n ** 63n - 1n;

/** `$tb` of a stream that was deleted and may come back. */
const DELETED_BEFORE = Number(TOMBSTONE_REVISION);

/** What the log knows of an event without reading it. */
export interface IndexedEvent {
  readonly offset: number;
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly tombstone: boolean;
}

/** What a stream's metadata hides of it. */
export interface StreamLimits {
  /** Events of a lower revision are not read any more. */
  readonly truncateBefore: number;
  readonly maxCount: number;
}

/** A stream: `events` holds the numbers in the log of its events by revision. */
export interface StreamEntry {
  readonly name: string;
  readonly events: number[];
  /** The number in the log of the event that ended it for good. */
  tombstone?: number;
  limits: StreamLimits;
}

const NO_LIMITS: StreamLimits = { truncateBefore: 0, maxCount: Number.POSITIVE_INFINITY };

/** How many ids are remembered for appends that name no revision; the server forgets too. */
const REMEMBERED_IDS = 50_000;

/** Every event of the log, in memory, without what it holds. Events are numbered from 0 in log order. */
export class EventIndex {
  readonly #offsets: number[] = [];
  readonly #ids: string[] = [];
  readonly #types: string[] = [];
  readonly #streamNames: string[] = [];
  readonly #typeNames = new Map<string, string>();
  readonly #streams = new Map<string, StreamEntry>();
  readonly #recent = new Map<string, number>();

  get count(): number {
    return this.#offsets.length;
  }

  add(event: IndexedEvent): void {
    const number = this.#offsets.length;
    const stream = this.#entry(event.stream);
    this.#offsets.push(event.offset);
    this.#ids.push(event.id);
    this.#types.push(this.#sameType(event.type));
    this.#streamNames.push(stream.name);
    if (event.tombstone) stream.tombstone = number;
    else stream.events.push(number);
    this.#recent.set(event.id, number);
    if (this.#recent.size > REMEMBERED_IDS) {
      for (const oldest of this.#recent.keys()) {
        this.#recent.delete(oldest);
        break;
      }
    }
  }

  setLimits(stream: string, limits: StreamLimits): void {
    this.#entry(stream).limits = limits;
  }

  offset(number: number): number {
    return this.#offsets[number] ?? Number.NaN;
  }

  id(number: number): string {
    return this.#ids[number] ?? '';
  }

  type(number: number): string {
    return this.#types[number] ?? '';
  }

  streamName(number: number): string {
    return this.#streamNames[number] ?? '';
  }

  stream(name: string): StreamEntry | undefined {
    return this.#streams.get(name);
  }

  /** The number of an event that came lately, by its id. */
  recent(id: string): number | undefined {
    return this.#recent.get(id);
  }

  /** The first event that begins at `offset` or behind it. */
  firstFrom(offset: number): number {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offset(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #entry(name: string): StreamEntry {
    let entry = this.#streams.get(name);
    if (!entry) {
      entry = { name, events: [], limits: NO_LIMITS };
      this.#streams.set(name, entry);
    }
    return entry;
  }

  /** One string for all events of a type. */
  #sameType(type: string): string {
    const known = this.#typeNames.get(type);
    if (known !== undefined) return known;
    this.#typeNames.set(type, type);
    return type;
  }
}

/** Deleted, but an append would bring it back. */
export function isSoftDeleted({ limits, tombstone }: StreamEntry): boolean {
  return limits.truncateBefore >= DELETED_BEFORE && tombstone === undefined;
}

/** The lowest revision that a read of the stream answers with. */
export function firstReadable({ events, limits }: StreamEntry): number {
  return Math.max(0, limits.truncateBefore, events.length - limits.maxCount);
}
