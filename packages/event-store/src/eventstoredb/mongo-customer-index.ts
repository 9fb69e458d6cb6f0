import { randomBytes } from 'node:crypto';
import {
  Binary,
  type Collection,
  type Db,
  type Filter,
  MongoBulkWriteError,
  MongoClient,
  MongoServerError,
} from 'mongodb';
import type { Checkpoint, SealedEvent } from '../port.ts';
import type { CustomerIndex, IndexRange, IndexState } from './customer-index.ts';
import { type LeaseDocument, MongoLease } from './mongo-lease.ts';

export interface MongoCustomerIndexOptions {
  /** For the driver. */
  readonly url: string;
  readonly database: string;
  /** How long a call may take. */
  readonly timeoutMs?: number;
  /** How long a maintainer may be silent before another takes over. */
  readonly leaseMs?: number;
}

/** `_id` is the position: an event's id is its own within a stream only. Never changed. */
interface EventDocument extends Omit<SealedEvent, 'position' | 'data' | 'sealed' | 'customerId'> {
  readonly _id: string;
  readonly customerId: string;
  /** JSON text: a document would not give back every object as it was. */
  readonly data: string;
  readonly sealed?: Binary;
}

interface StateDocument extends Checkpoint {
  readonly _id: typeof STATE;
  readonly generation: string;
}

const STATE = 'state';
const EVENTS_PREFIX = 'customer_events_';
const DUPLICATE = 11_000;

/**
 * Opens a log's index by customer in a MongoDB database: `customer_index` says how far it is and who maintains it,
 * `customer_events_...` holds the events. Connects when it is used for the first time.
 */
export const openMongoCustomerIndex = (options: MongoCustomerIndexOptions): CustomerIndex =>
  new MongoCustomerIndex(options);

class MongoCustomerIndex implements CustomerIndex {
  readonly #client: MongoClient;
  readonly #db: Db;
  readonly #states: Collection<StateDocument>;
  readonly #lease: MongoLease;

  constructor({ url, database, timeoutMs = 5_000, leaseMs = 3_000 }: MongoCustomerIndexOptions) {
    this.#client = new MongoClient(url, {
      serverSelectionTimeoutMS: timeoutMs,
      connectTimeoutMS: timeoutMs,
      socketTimeoutMS: timeoutMs,
      readConcern: { level: 'majority' },
      readPreference: 'primary',
      writeConcern: { w: 'majority', journal: true },
    });
    this.#db = this.#client.db(database);
    this.#states = this.#db.collection<StateDocument>('customer_index');
    this.#lease = new MongoLease(this.#db.collection<LeaseDocument>('customer_index'), leaseMs);
  }

  async state(): Promise<IndexState | undefined> {
    const document = await this.#states.findOne({ _id: STATE });
    if (!document) return undefined;
    const { generation, logId, epoch, position, eventId } = document;
    return { generation, checkpoint: { logId, epoch, position, eventId } };
  }

  read(generation: string, customerId: string, range: IndexRange): Promise<SealedEvent[]> {
    return this.#find(generation, { customerId, ...within(range) }, range.limit);
  }

  page(generation: string, range: IndexRange): Promise<SealedEvent[]> {
    return this.#find(generation, within(range), range.limit);
  }

  async begin(before: IndexState | undefined, checkpoint: Checkpoint): Promise<IndexState | undefined> {
    const generation = randomBytes(8).toString('hex');
    await this.#events(generation).createIndex({ customerId: 1, _id: 1 });
    const next = { generation, ...checkpoint };
    const won = before
      ? (await this.#states.replaceOne({ _id: STATE, generation: before.generation }, next)).matchedCount === 1
      : await inserted(this.#states.insertOne({ _id: STATE, ...next }));
    // Only what nobody can begin with again is dropped: another may have begun after this one already.
    const over = won ? before?.generation : generation;
    if (over !== undefined) await this.#events(over).drop();
    return won ? { generation, checkpoint } : undefined;
  }

  async record(
    { generation, checkpoint: { position } }: IndexState,
    events: readonly SealedEvent[],
    checkpoint: Checkpoint,
  ): Promise<IndexState | undefined> {
    const documents = events.flatMap((event) => toDocument(event) ?? []);
    // What is there already is the same: it was recorded before a checkpoint that was not.
    if (documents.length > 0) await inserted(this.#events(generation).insertMany(documents, { ordered: false }));
    const { matchedCount } = await this.#states.updateOne({ _id: STATE, generation, position }, { $set: checkpoint });
    return matchedCount === 0 ? undefined : { generation, checkpoint };
  }

  hold(maintainer: string): Promise<boolean> {
    return this.#lease.hold(maintainer);
  }

  release(maintainer: string): Promise<void> {
    return this.#lease.release(maintainer);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #find(generation: string, filter: Filter<EventDocument>, limit = 0): Promise<SealedEvent[]> {
    const documents = await this.#events(generation).find(filter).sort({ _id: 1 }).limit(limit).toArray();
    return documents.map(fromDocument);
  }

  #events(generation: string): Collection<EventDocument> {
    return this.#db.collection<EventDocument>(EVENTS_PREFIX + generation);
  }
}

const within = ({ after, upTo }: IndexRange): Filter<EventDocument> => ({ _id: { $gt: after, $lte: upTo } });

const toDocument = ({ position, data, sealed, customerId, ...rest }: SealedEvent): EventDocument | undefined =>
  customerId === null
    ? undefined
    : {
        ...rest,
        _id: position,
        customerId,
        data: JSON.stringify(data),
        ...(sealed === undefined ? undefined : { sealed: new Binary(sealed) }),
      };

const fromDocument = ({ _id: position, data, sealed, ...rest }: EventDocument): SealedEvent => ({
  ...rest,
  position,
  data: JSON.parse(data) as object,
  ...(sealed === undefined ? undefined : { sealed: sealed.value() }),
});

/** Answers false if something of it was there already. */
const inserted = async (insert: Promise<unknown>): Promise<boolean> => {
  try {
    await insert;
    return true;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    return false;
  }
};

const isDuplicate = (error: unknown): boolean => {
  if (!(error instanceof MongoBulkWriteError)) return error instanceof MongoServerError && error.code === DUPLICATE;
  const { writeErrors } = error;
  return (Array.isArray(writeErrors) ? writeErrors : [writeErrors]).every(({ code }) => code === DUPLICATE);
};
