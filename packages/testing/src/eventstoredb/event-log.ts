import { randomUUID } from 'node:crypto';
import { decideAppend, type Expected, lastRevision, type Refusal } from './append-decision.ts';
import type { Clock } from './clock.ts';
import { EventIndex, type IndexedEvent, isSoftDeleted, TOMBSTONE_REVISION } from './event-index.ts';
import { LogFile } from './log-file.ts';
import { decodeRecordedEvent, encodeRecordedEvent, type ProposedEvent } from './recorded-event.ts';
import { limitsIn, metastreamOf, originalStreamOf, truncation } from './stream-metadata.ts';

/** Where the last event of an append is. Nothing appended to no stream has revision -1, and the position of the end. */
export interface Appended {
  readonly kind: 'appended';
  readonly revision: number;
  readonly position: number;
}

export type AppendOutcome = Appended | Refusal;

/** The log: decides appends and keeps events on disk. Only what is on disk is read and answered. */
export class EventLog {
  readonly index: EventIndex;
  readonly #file: LogFile;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #committed: number;

  private constructor(file: LogFile, index: EventIndex, clock: Clock) {
    this.#file = file;
    this.index = index;
    this.#clock = clock;
    this.#committed = index.count;
  }

  /** @throws {Error} when the file is something else */
  static async open(path: string, clock: Clock): Promise<EventLog> {
    const index = new EventIndex();
    const file = await LogFile.open(path, ({ payload }) => {
      const { data, ...event } = decodeRecordedEvent(payload);
      addTo(index, event, data);
    });
    return new EventLog(file, index, clock);
  }

  get file(): Pick<LogFile, 'committedEnd' | 'read'> {
    return this.#file;
  }

  /** How many events may be read: those that are on disk. */
  get committed(): number {
    return this.#committed;
  }

  /** Calls back each time events have come, until the function that it answers with is called. */
  onCommitted(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the events, or those that they repeat, are on disk. */
  async append(stream: string, expected: Expected, events: readonly ProposedEvent[]): Promise<AppendOutcome> {
    const outcome = this.#take(stream, expected, events);
    await this.#commit();
    return outcome;
  }

  /** Hides the events of a stream until something is appended to it again. */
  async delete(stream: string, expected: Expected): Promise<AppendOutcome> {
    return this.#end(stream, expected, () => {
      this.#stage(metastreamOf(stream), metadata(TOMBSTONE_REVISION), { endsAppend: true });
    });
  }

  /** Ends a stream for good. */
  async tombstone(stream: string, expected: Expected): Promise<AppendOutcome> {
    return this.#end(stream, expected, () => {
      const event = own('$streamDeleted', 'application/octet-stream', Buffer.alloc(0));
      this.#stage(stream, event, { endsAppend: true, tombstone: true });
    });
  }

  /** Writes an event of the server's own. */
  async appendSystemEvent(stream: string, type: string, data: object): Promise<void> {
    this.#stage(stream, own(type, 'application/json', Buffer.from(JSON.stringify(data))), { endsAppend: true });
    await this.#commit();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #take(stream: string, expected: Expected, events: readonly ProposedEvent[]): AppendOutcome {
    const ids = events.map(({ id }) => id);
    const decision = decideAppend(this.index, stream, expected, ids);
    if (decision.kind === 'repeated') return this.#repeated(stream, decision.last);
    if (decision.kind !== 'append') return decision;
    const entry = this.index.stream(stream);
    // An append brings a deleted stream back: its revisions go on, and what was before stays hidden.
    if (entry && isSoftDeleted(entry) && events.length > 0)
      this.#stage(metastreamOf(stream), metadata(BigInt(entry.events.length)), { endsAppend: false });
    for (const [at, event] of events.entries()) this.#stage(stream, event, { endsAppend: at === events.length - 1 });
    return this.#appended(stream);
  }

  async #end(stream: string, expected: Expected, stage: () => void): Promise<AppendOutcome> {
    const decision = decideAppend(this.index, stream, expected, []);
    if (decision.kind === 'wrong-expected-version' || decision.kind === 'deleted') return decision;
    stage();
    const outcome = this.#appended(stream);
    await this.#commit();
    return outcome;
  }

  #appended(stream: string): Appended {
    const revision = lastRevision(this.index.stream(stream));
    const { count } = this.index;
    return { kind: 'appended', revision, position: count === 0 ? 0 : this.index.offset(count - 1) };
  }

  #repeated(stream: string, last: number): Appended {
    // By their ids alone, repeated events may be anywhere in the stream: the last of them is looked for.
    const events = this.index.stream(stream)?.events ?? [];
    const revision = events.lastIndexOf(last);
    if (revision < 0) throw new Error(`repeated events are not in ${stream}`);
    return { kind: 'appended', revision, position: this.index.offset(last) };
  }

  #stage(stream: string, event: ProposedEvent, how: { endsAppend: boolean; tombstone?: boolean }): void {
    const { tombstone = false, endsAppend } = how;
    const offset = this.#file.end;
    const revision = tombstone ? TOMBSTONE_REVISION : BigInt(lastRevision(this.index.stream(stream)) + 1);
    const place = { stream, revision, position: offset, created: this.#clock() };
    this.#file.stage(encodeRecordedEvent(event, place), endsAppend);
    addTo(this.index, { offset, id: event.id, stream, type: event.type, tombstone }, event.data);
  }

  async #commit(): Promise<void> {
    const count = this.index.count;
    await this.#file.commit();
    if (count <= this.#committed) return;
    this.#committed = count;
    for (const listener of this.#listeners) listener();
  }
}

function addTo(index: EventIndex, event: IndexedEvent, data: Uint8Array): void {
  index.add(event);
  const original = originalStreamOf(event.stream);
  if (original !== undefined && event.type === '$metadata') index.setLimits(original, limitsIn(data));
}

function metadata(truncateBefore: bigint): ProposedEvent {
  return own('$metadata', 'application/json', truncation(truncateBefore));
}

function own(type: string, contentType: string, data: Buffer): ProposedEvent {
  return { id: randomUUID(), type, contentType, data, metadata: Buffer.alloc(0) };
}
