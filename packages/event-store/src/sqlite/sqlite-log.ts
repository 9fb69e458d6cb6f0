import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DataKey, KeyOwner, KeyStore } from '@tenure/key-store';
import type { ExpectedRevision } from '../port.ts';
import { seal } from '../sealing.ts';
import type { AppendRequest, EventRequest, StreamAppendRequest } from './append-request.ts';
import { Customers } from './customers.ts';
import { prepareInsert } from './insert-event.ts';
import { packMetadata } from './metadata.ts';
import { Streams } from './streams.ts';
import { TermWriter } from './terms.ts';

/** As `AppendOutcome`, with the position as a number. */
export type UnitOutcome =
  | { readonly status: 'appended'; readonly position: number; readonly recordedAt: number }
  | { readonly status: 'conflict'; readonly stream: string; readonly actual: number };

interface Place {
  readonly position: number;
  readonly recordedAt: number;
}

/** What is to be done about one append of a unit: write it, leave the stream as it is, or know it as written before. */
type Step = 'write' | 'skip' | Place;

const BEGINNING: Place = { position: 0, recordedAt: 0 };

/**
 * The log's writer: expectations, revisions, positions and recorded times, synchronous and in one thread. Owns a
 * connection of its own; nobody else writes to the file.
 */
export class SqliteLog {
  readonly #db: DatabaseSync;
  readonly #keys: KeyStore;
  readonly #terms: TermWriter;
  readonly #streams: Streams;
  readonly #customers: Customers;
  readonly #insert: StatementSync;
  readonly #selectByRevision: StatementSync;
  #head: Place;
  /** Of the batch that is being appended. */
  #batchKeys: ReadonlyMap<KeyOwner, DataKey> = new Map();

  /** @param cacheSize streams, and customers, that are kept in memory; room is made at once */
  constructor(db: DatabaseSync, keys: KeyStore, cacheSize?: number) {
    this.#db = db;
    this.#keys = keys;
    this.#terms = new TermWriter(db);
    this.#streams = new Streams(db, this.#terms, cacheSize);
    this.#customers = new Customers(db, cacheSize);
    this.#insert = prepareInsert(db);
    this.#selectByRevision = db.prepare(
      'select id, position, recorded_at as recordedAt from events where stream = ? and revision = ?',
    );
    const last = db.prepare('select position, recorded_at as recordedAt from events order by position desc limit 1');
    this.#head = toPlace(last.get()) ?? BEGINNING;
  }

  /** Position of the last event; 0 on an empty log. */
  get head(): number {
    return this.#head.position;
  }

  /** Appends all requests in one transaction. Durable when it returns; nothing happened when it throws. */
  append(requests: readonly AppendRequest[]): UnitOutcome[][] {
    const before = this.#head;
    try {
      // First the keys, durably: a sealed event whose key was lost in a crash could never be read again.
      this.#batchKeys = this.#keys.ensure(ownersOf(requests));
      this.#db.exec('begin immediate');
      const outcomes = requests.map((request) => this.#appendRequest(request));
      this.#db.exec('commit');
      return outcomes;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (this.#db.isTransaction) this.#db.exec('rollback');
      this.#head = before;
      this.#terms.forget();
      this.#streams.forget();
      this.#customers.forget();
      throw error;
    }
  }

  #appendRequest({ now, units }: AppendRequest): UnitOutcome[] {
    // A clock that jumps back must not take recorded time back.
    const recordedAt = Math.max(now, this.#head.recordedAt);
    return units.map((unit) => this.#appendUnit(unit, recordedAt));
  }

  /** All of the unit is checked before any of it is written. */
  #appendUnit(unit: readonly StreamAppendRequest[], recordedAt: number): UnitOutcome {
    const steps: Step[] = [];
    const planned = new Map<string, number>();
    for (const { stream, expected, events } of unit) {
      const actual = planned.get(stream) ?? this.#streams.find(stream)?.revision ?? -1;
      const step = this.#plan(stream, expected, events, actual);
      if (!step) return { status: 'conflict', stream, actual };
      if (step === 'write') planned.set(stream, actual + events.length);
      steps.push(step);
    }
    return this.#carryOut(unit, steps, recordedAt);
  }

  #plan(stream: string, expected: ExpectedRevision, events: readonly EventRequest[], actual: number): Step | undefined {
    const wanted = typeof expected === 'number' ? expected : -1;
    if (actual === wanted) return 'write';
    if (expected === 'absent-or-skip') return 'skip';
    return this.#writtenBefore(stream, wanted, events);
  }

  /** A retry: the events are where they were to go already. Answers the place of the last one. */
  #writtenBefore(stream: string, wanted: number, events: readonly EventRequest[]): Place | undefined {
    const state = this.#streams.find(stream);
    if (!state || state.revision < wanted + events.length) return undefined;
    let place: Place | undefined;
    for (const [index, event] of events.entries()) {
      const row = this.#selectByRevision.get(state.id, wanted + 1 + index);
      if (!(row?.id instanceof Uint8Array) || Buffer.from(row.id).toString('hex') !== event.id) return undefined;
      place = toPlace(row);
    }
    return place;
  }

  #carryOut(unit: readonly StreamAppendRequest[], steps: readonly Step[], recordedAt: number): UnitOutcome {
    const retried = steps.some((step) => typeof step === 'object');
    let last: Place | undefined;
    for (const [index, { stream, events }] of unit.entries()) {
      let step = steps[index];
      // In a retried unit, what is left out now may be what the first try wrote; the answer must be the same.
      if (step === 'skip' && retried) step = this.#writtenBefore(stream, -1, events) ?? step;
      if (step === 'write') last = this.#write(stream, events, recordedAt);
      else if (typeof step === 'object' && step.position > (last?.position ?? 0)) last = step;
    }
    const { position, recordedAt: at } = last ?? this.#head;
    return { status: 'appended', position, recordedAt: at };
  }

  #write(stream: string, events: readonly EventRequest[], recordedAt: number): Place {
    const { id, revision } = this.#streams.find(stream) ?? this.#streams.create(stream);
    let { position } = this.#head;
    for (const [index, event] of events.entries()) {
      position++;
      this.#insert.run(
        position,
        id,
        revision + 1 + index,
        Buffer.from(event.id, 'hex'),
        this.#terms.intern(event.type),
        event.version,
        event.customerId === null ? null : this.#customers.intern(event.customerId),
        event.occurredAt,
        recordedAt,
        packMetadata(event.metadata, this.#terms),
        event.personal === null ? null : this.#seal(stream, event, event.personal),
        event.data,
      );
    }
    this.#streams.update(stream, { id, revision: revision + events.length });
    this.#head = { position, recordedAt };
    return this.#head;
  }

  #seal(stream: string, event: EventRequest, personal: string): Buffer {
    const owner = event.customerId ?? stream;
    const key = this.#batchKeys.get(owner);
    if (!key) throw new Error(`the key store made no key for ${owner}`);
    return seal(personal, key, { eventId: event.id, stream, type: event.type });
  }
}

const ownersOf = (requests: readonly AppendRequest[]): string[] => {
  const owners: string[] = [];
  for (const { units } of requests)
    for (const unit of units)
      for (const { stream, events } of unit)
        for (const event of events) if (event.personal !== null) owners.push(event.customerId ?? stream);
  return owners;
};

const toPlace = (row: Record<string, unknown> | undefined): Place | undefined =>
  row && { position: Number(row.position), recordedAt: Number(row.recordedAt) };
