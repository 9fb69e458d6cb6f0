import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { KeyStore } from '@tenure/key-store';
import type {
  Checkpoint,
  LogIdentity,
  Position,
  ReadAllOptions,
  ReadCustomerOptions,
  ReadStreamOptions,
  SealedEvent,
  StoredEvent,
} from '../port.ts';
import { isRelated, type Relation } from '../relation.ts';
import { unseal } from '../sealing.ts';
import { LongHistories } from './long-histories.ts';
import { unpackMetadata } from './metadata.ts';
import { formatPosition, parsePosition } from './position.ts';
import { readIdentity } from './schema.ts';
import { splitStreamName } from './streams.ts';
import { TermReader } from './terms.ts';

/** Ids as hexadecimal text: a text costs a fraction of a buffer that is turned into one. */
const SELECT = `
  select e.position, s.category, lower(hex(s.hash)), e.revision, lower(hex(e.id)), e.type, e.version,
    iif(c.id is null, null, lower(hex(c.hash))), e.occurred_at, e.recorded_at, e.metadata, e.personal, e.data
  from events e join streams s on s.id = e.stream left join customers c on c.id = e.customer
`;

type Row = [
  position: number,
  category: number,
  streamHash: string,
  revision: number,
  id: string,
  type: number,
  version: number,
  customer: string | null,
  occurredAt: number,
  recordedAt: number,
  metadata: string,
  personal: Uint8Array | null,
  data: string,
];

/** All of it. */
const NO_LIMIT = -1;
/** Events that are looked through in one go: a millisecond or two. */
const LOOKED_THROUGH = 4_000;

/** Reads of the log, synchronous, over a read-only connection of the calling thread. */
export class LogReader {
  readonly identity: LogIdentity;
  readonly #keys: KeyStore;
  readonly #terms: TermReader;
  readonly #all: StatementSync;
  readonly #forwards: StatementSync;
  readonly #backwards: StatementSync;
  readonly #customer: StatementSync;
  readonly #longHistories = new LongHistories();
  readonly #mentioning: StatementSync;
  readonly #streamId: StatementSync;
  readonly #head: StatementSync;
  readonly #idAt: StatementSync;
  readonly #lastRecordedAt: StatementSync;

  constructor(db: DatabaseSync, keys: KeyStore) {
    this.identity = readIdentity(db);
    this.#keys = keys;
    this.#terms = new TermReader(db);
    const prepareRows = (sql: string): StatementSync => {
      const statement = db.prepare(SELECT + sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#all = prepareRows('where e.position > ? order by e.position limit ?');
    this.#forwards = prepareRows('where e.stream = ? and e.revision >= ? order by e.revision limit ?');
    this.#backwards = prepareRows('where e.stream = ? and e.revision <= ? order by e.revision desc limit ?');
    this.#customer = prepareRows(
      'where e.customer = (select id from customers where hash = ?) and e.position > ? order by e.position limit ?',
    );
    this.#mentioning = prepareRows(
      'where e.position > ? and e.position <= ? and instr(e.metadata, ?) > 0 order by e.position',
    );
    this.#streamId = db.prepare(
      'select id from streams where hash = ? and category = (select id from terms where text = ?)',
    );
    this.#head = db.prepare('select max(position) as position from events');
    this.#idAt = db.prepare('select id from events where position = ?');
    this.#lastRecordedAt = db.prepare('select recorded_at as time from events order by position desc limit 1');
  }

  /** Position of the last event as a number; 0 on an empty log. */
  head(): number {
    return Number(this.#head.get()?.position ?? 0);
  }

  /** When the log took its last event, ms since 1970 UTC; undefined on an empty log. */
  lastRecordedAt(): number | undefined {
    const time = this.#lastRecordedAt.get()?.time;
    return typeof time === 'number' ? time : undefined;
  }

  readAll({ after, limit }: ReadAllOptions): StoredEvent[] {
    return this.#events(this.#all.all(after === undefined ? 0 : parsePosition(after), limit));
  }

  readAllSealed({ after, limit }: ReadAllOptions): SealedEvent[] {
    const rows: unknown = this.#all.all(after === undefined ? 0 : parsePosition(after), limit);
    return this.#sealedEvents(rows);
  }

  readStream(stream: string, { from, limit, direction }: ReadStreamOptions = {}): StoredEvent[] {
    const { category, hash } = splitStreamName(stream);
    const id = this.#streamId.get(hash, category)?.id;
    if (typeof id !== 'number') return [];
    const rows =
      direction === 'backwards'
        ? this.#backwards.all(id, from ?? Number.MAX_SAFE_INTEGER, limit ?? NO_LIMIT)
        : this.#forwards.all(id, from ?? 0, limit ?? NO_LIMIT);
    return this.#events(rows);
  }

  readCustomer(customerId: string, { after, limit }: ReadCustomerOptions = {}): StoredEvent[] {
    const hash = Buffer.from(customerId, 'hex');
    const read = (from: Position | undefined): SealedEvent[] => {
      const start = from === undefined ? 0 : parsePosition(from);
      return this.#sealedEvents(this.#customer.all(hash, start, limit ?? NO_LIMIT));
    };
    const isWhole = after === undefined && limit === undefined;
    return this.#open(isWhole ? this.#longHistories.read(customerId, read) : read(after));
  }

  /**
   * Looks through the whole log for what is related, a piece at a time: whoever iterates lets others have their turn. It
   * has no index: ids come at random, and each append would pay for them.
   */
  *related(relation: Relation, limit: number): Generator<readonly StoredEvent[]> {
    const head = this.head();
    const text = textOf(relation);
    for (let [from, left] = [0, limit]; from < head && left > 0; from += LOOKED_THROUGH) {
      const rows: unknown = this.#mentioning.all(from, Math.min(from + LOOKED_THROUGH, head), text);
      const own = (rows as Row[]).filter((row) => isRelated(unpackMetadata(row[10], this.#terms), relation));
      yield this.#events(own.slice(0, left));
      left -= own.length;
    }
  }

  checkpointAt(position: Position | null): Checkpoint | undefined {
    const number = position === null ? 0 : parsePosition(position);
    if (number === 0) return { ...this.identity, position: formatPosition(0), eventId: null };
    const id = this.#idAt.get(number)?.id;
    if (!(id instanceof Uint8Array)) return undefined;
    return { ...this.identity, position: formatPosition(number), eventId: toHex(id) };
  }

  recognises({ logId, epoch, position, eventId }: Checkpoint): boolean {
    if (logId !== this.identity.logId || epoch !== this.identity.epoch) return false;
    return this.checkpointAt(position)?.eventId === eventId;
  }

  #events(rows: unknown): StoredEvent[] {
    return this.#open(this.#sealedEvents(rows));
  }

  #open(events: readonly SealedEvent[]): StoredEvent[] {
    return events.map((event) => (event.sealed === undefined ? event : this.#unsealed(event, event.sealed)));
  }

  #unsealed({ sealed, ...event }: SealedEvent, envelope: Uint8Array): StoredEvent {
    const personal = unseal(envelope, this.#keys, { eventId: event.id, stream: event.stream, type: event.type });
    return personal === undefined ? { ...event, erased: true } : { ...event, personal: JSON.parse(personal) as object };
  }

  #sealedEvents(rows: unknown): SealedEvent[] {
    return (rows as Row[]).map((row) => {
      const event = this.#event(row);
      return row[11] === null ? event : { ...event, sealed: row[11] };
    });
  }

  /** All but what is sealed. */
  #event(row: Row): SealedEvent {
    return {
      position: formatPosition(row[0]),
      stream: `${this.#terms.text(row[1])}-${row[2]}`,
      revision: row[3],
      id: row[4],
      type: this.#terms.text(row[5]),
      version: row[6],
      customerId: row[7],
      occurredAt: row[8],
      recordedAt: row[9],
      metadata: unpackMetadata(row[10], this.#terms),
      data: JSON.parse(row[12]) as object,
    };
  }
}

/** What stands in the packed metadata of what is related; also in that of some that is not. */
const textOf = (relation: Relation): string =>
  'correlationId' in relation ? JSON.stringify(relation.correlationId) : `-${relation.traceId}-`;

const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
