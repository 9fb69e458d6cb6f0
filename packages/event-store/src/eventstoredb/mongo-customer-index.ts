import { randomBytes } from 'node:crypto';
import {
  Binary,
  type Collection,
  type Db,
  type Filter,
  type IndexDescription,
  MongoBulkWriteError,
  MongoClient,
  MongoServerError,
} from 'mongodb';
import { StoreUnavailableError } from '../errors.ts';
import type { Checkpoint, SealedEvent } from '../port.ts';
import { type Relation, traceIdOf } from '../relation.ts';
import type { CustomerIndex, IndexRange, IndexState } from './customer-index.ts';
import { type LeaseDocument, MongoLease } from './mongo-lease.ts';

export interface MongoCustomerIndexOptions {
  /** For the driver. */
  readonly url: string;
  readonly database: string;
  /** How long a server is looked for; an answer may take twice as long, as a busy server is better than none. */
  readonly timeoutMs?: number;
  /** How long a maintainer may be silent before another takes over. */
  readonly leaseMs?: number;
}

/** `_id` is the position: an event's id is its own within a stream only. Never changed. */
interface EventDocument extends Omit<SealedEvent, 'position' | 'data' | 'sealed'> {
  readonly _id: string;
  /** JSON text: a document would not give back every object as it was. */
  readonly data: string;
  readonly sealed?: Binary;
  /** Of the metadata's trace context. */
  readonly traceId?: string;
}

interface StateDocument extends Checkpoint {
  readonly _id: typeof STATE;
  readonly generation: string;
  /** What documents of the generation there are, and their indexes. */
  readonly format: number;
}

const STATE = 'state';
/** The first, which said none, held the events of customers only. */
const FORMAT = 2;
const EVENTS_PREFIX = 'customer_events_';
const DUPLICATE = 11_000;
const INDEXES: IndexDescription[] = [
  { key: { customerId: 1, _id: 1 } },
  { key: { 'metadata.correlationId': 1, _id: 1 } },
  { key: { traceId: 1, _id: 1 }, partialFilterExpression: { traceId: { $exists: true } } },
];

/**
 * Opens a log's index by customer in a MongoDB database: `customer_index` says how far it is and who maintains it,
 * `customer_events_...` holds the events.
 * @throws {StoreUnavailableError} when the server does not answer
 */
export const openMongoCustomerIndex = async (options: MongoCustomerIndexOptions): Promise<CustomerIndex> => {
  const { url, timeoutMs = 5_000 } = options;
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    socketTimeoutMS: 2 * timeoutMs,
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    writeConcern: { w: 'majority', journal: true },
  });
  try {
    // A client whose first call finds no server never finds one again.
    await client.connect();
  } catch (cause) {
    await client.close();
    throw new StoreUnavailableError('the index by customer cannot be reached', { cause });
  }
  return new MongoCustomerIndex(client, options);
};

class MongoCustomerIndex implements CustomerIndex {
  readonly #client: MongoClient;
  readonly #db: Db;
  readonly #states: Collection<StateDocument>;
  readonly #lease: MongoLease;

  constructor(client: MongoClient, { database, leaseMs = 3_000 }: MongoCustomerIndexOptions) {
    this.#client = client;
    this.#db = client.db(database);
    this.#states = this.#db.collection<StateDocument>('customer_index');
    this.#lease = new MongoLease(this.#db.collection<LeaseDocument>('customer_index'), leaseMs);
  }

  async state(): Promise<IndexState | undefined> {
    const document = await this.#states.findOne({ _id: STATE });
    if (!document) return undefined;
    const { generation, format, logId, epoch, position, eventId } = document;
    // What another format holds says nothing about this one, as if it were another log's: it is begun anew.
    return { generation, checkpoint: { logId: format === FORMAT ? logId : '', epoch, position, eventId } };
  }

  read(generation: string, customerId: string, range: IndexRange): Promise<SealedEvent[]> {
    return this.#find(generation, { customerId, ...within(range) }, range.limit);
  }

  readRelated(generation: string, relation: Relation, range: IndexRange): Promise<SealedEvent[]> {
    const related =
      'correlationId' in relation
        ? { 'metadata.correlationId': relation.correlationId }
        : { traceId: relation.traceId };
    return this.#find(generation, { ...related, ...within(range) }, range.limit);
  }

  page(generation: string, range: IndexRange): Promise<SealedEvent[]> {
    return this.#find(generation, within(range), range.limit);
  }

  async begin(before: IndexState | undefined, checkpoint: Checkpoint): Promise<IndexState | undefined> {
    const generation = randomBytes(8).toString('hex');
    await this.#events(generation).createIndexes(INDEXES);
    const next = { generation, format: FORMAT, ...checkpoint };
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
    const documents = events.map(toDocument);
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

const toDocument = ({ position, data, sealed, ...rest }: SealedEvent): EventDocument => {
  const { traceparent } = rest.metadata;
  return {
    ...rest,
    _id: position,
    data: JSON.stringify(data),
    ...(sealed === undefined ? undefined : { sealed: new Binary(sealed) }),
    ...(traceparent === undefined ? undefined : { traceId: traceIdOf(traceparent) }),
  };
};

const fromDocument = ({ _id: position, data, sealed, traceId: _, ...rest }: EventDocument): SealedEvent => ({
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
