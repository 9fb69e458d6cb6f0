import { StoreUnavailableError } from '../errors.ts';
import type { LogIdentity, Position, ReadCustomerOptions, ReadRelatedOptions, SealedEvent } from '../port.ts';
import { isRelated, type Relation } from '../relation.ts';
import { CustomerGaps } from './customer-gaps.ts';
import type { CustomerIndex, CustomerIndexFault, IndexRange, IndexState } from './customer-index.ts';
import { pause } from './failures.ts';
import type { LogReads } from './log-reads.ts';
import { BEGINNING, earlierOf, laterOf, parsePosition } from './position.ts';

export interface CustomerReadsOptions {
  readonly identity: LogIdentity;
  readonly reads: LogReads;
  readonly index: CustomerIndex;
  readonly onFault: (fault: CustomerIndexFault) => void;
  readonly closing: AbortSignal;
}

/** As much of the log as is read at once rather than waiting for the index. */
const SHORT_TAIL = 200;
const LONG_PAGE = 2_000;
const LOOK_AGAIN_MS = 25;
/** How long to wait for an index that stands still. */
const STANDSTILL_MS = 150;
const TRIES = 3;

/**
 * One customer's events, or those of a correlation or trace: from the index as far as it has come, from the log from
 * there to its head. So it is complete whether the index is maintained or not, only slower.
 */
export class CustomerReads {
  readonly #options: CustomerReadsOptions;
  readonly #gaps: CustomerGaps;
  /** The generation whose checkpoint the log was seen to have. */
  #recognised: string | undefined;

  constructor(options: CustomerReadsOptions) {
    this.#options = options;
    this.#gaps = new CustomerGaps(options.reads);
  }

  /** Complete as of some moment after the call. @throws {StoreUnavailableError} */
  async read(
    customerId: string,
    { after = BEGINNING, limit }: ReadCustomerOptions = {},
  ): Promise<readonly SealedEvent[]> {
    parsePosition(after);
    const { index, onFault } = this.#options;
    const wanted: Wanted = {
      isWanted: (event) => event.customerId === customerId,
      read: (generation, range) => index.read(generation, customerId, range),
      isWhole: async (events) => {
        const gap = await this.#gaps.find(customerId, events, after === BEGINNING);
        if (gap) onFault({ kind: 'gap', customerId, ...gap });
        return !gap;
      },
    };
    return this.#read(wanted, after, limit);
  }

  /** Complete as of some moment after the call. @throws {StoreUnavailableError} */
  async readRelated(relation: Relation, { limit, signal }: ReadRelatedOptions): Promise<readonly SealedEvent[]> {
    const { index } = this.#options;
    const wanted: Wanted = {
      isWanted: ({ metadata }) => isRelated(metadata, relation),
      read: (generation, range) => index.readRelated(generation, relation, range),
      isWhole: async () => true,
      ...(signal === undefined ? {} : { signal }),
    };
    const events = await this.#read(wanted, BEGINNING, limit);
    signal?.throwIfAborted();
    return events;
  }

  async #read(wanted: Wanted, after: Position, limit: number | undefined): Promise<readonly SealedEvent[]> {
    const [last, state] = await Promise.all([this.#options.reads.last(), this.#state()]);
    if (!last || last.position <= after || limit === 0) return [];
    const request = { ...wanted, after, head: last.position, limit: limit ?? Number.MAX_SAFE_INTEGER };
    for (let [tries, current] = [0, state]; current && tries < TRIES; tries++) {
      const events = await this.#readWith(current, request);
      if (events) {
        if (await wanted.isWhole(events)) return events;
        break;
      }
      // It was built anew meanwhile.
      current = await this.#state();
    }
    return this.#scan(request, after);
  }

  /** Undefined if the index's generation is gone. */
  async #readWith(state: IndexState, request: ReadRequest): Promise<readonly SealedEvent[] | undefined> {
    const { isWanted, after, head, limit } = request;
    const upTo = state.checkpoint.position;
    if (upTo < head) {
      const from = laterOf(upTo, after);
      const tail = await this.#options.reads.readAll({ after: from, limit: SHORT_TAIL });
      const isComplete = tail.length < SHORT_TAIL || (tail.at(-1)?.position ?? '') >= head;
      if (!isComplete) return this.#readFarBehind(state, request);
      const events = await this.#indexed(state, { ...request, head: upTo });
      if (!events) return undefined;
      const own = tail.filter((event) => isWanted(event) && event.position > upTo);
      return [...events, ...own].slice(0, limit);
    }
    return this.#indexed(state, request);
  }

  /** Waits as long as the index moves on, then reads from the log what it lacks. */
  async #readFarBehind(state: IndexState, request: ReadRequest): Promise<readonly SealedEvent[] | undefined> {
    const reached = await this.#awaitIndex(state, request.head);
    if (!reached) return undefined;
    const upTo = reached.checkpoint.position;
    const events = await this.#indexed(reached, { ...request, head: earlierOf(upTo, request.head) });
    if (!events || upTo >= request.head || events.length >= request.limit) return events;
    const rest = { ...request, limit: request.limit - events.length };
    return [...events, ...(await this.#scan(rest, laterOf(upTo, request.after)))];
  }

  async #awaitIndex(state: IndexState, head: Position): Promise<IndexState | undefined> {
    let latest = state;
    for (let moved = performance.now(); performance.now() - moved < STANDSTILL_MS; ) {
      if (latest.checkpoint.position >= head) break;
      await pause(LOOK_AGAIN_MS, this.#options.closing);
      const now = await this.#state();
      if (now?.generation !== state.generation) return undefined;
      if (now.checkpoint.position > latest.checkpoint.position) moved = performance.now();
      latest = now;
    }
    return latest;
  }

  /** What the index has; undefined if its generation was dropped while it was read. */
  async #indexed(
    { generation }: IndexState,
    { read, after, head, limit }: ReadRequest,
  ): Promise<readonly SealedEvent[] | undefined> {
    if (head <= after) return [];
    return reaching(async () => {
      const { index } = this.#options;
      const range = { after, upTo: head, ...(limit === Number.MAX_SAFE_INTEGER ? undefined : { limit }) };
      const events = await read(generation, range);
      return (await index.state())?.generation === generation ? events : undefined;
    });
  }

  /** From the log alone. */
  async #scan({ isWanted, head, limit, signal }: ReadRequest, from: Position): Promise<SealedEvent[]> {
    const events: SealedEvent[] = [];
    for (let after = from; after < head && events.length < limit; ) {
      signal?.throwIfAborted();
      const page = await this.#options.reads.readAll({ after, limit: LONG_PAGE });
      events.push(...page.filter(isWanted));
      after = page.length < LONG_PAGE ? head : (page.at(-1)?.position ?? head);
    }
    return events.slice(0, limit);
  }

  /** The index's state; undefined if it is that of another log, or of another life of this one. */
  async #state(): Promise<IndexState | undefined> {
    const { identity, reads, index } = this.#options;
    const state = await reaching(() => index.state());
    if (!state || state.checkpoint.logId !== identity.logId || state.checkpoint.epoch !== identity.epoch)
      return undefined;
    const { position, eventId } = state.checkpoint;
    if (this.#recognised === state.generation || eventId === null) return state;
    if ((await reads.at(position))?.id !== eventId) return undefined;
    this.#recognised = state.generation;
    return state;
  }
}

/** Which events are wanted: of the index, and one by one of the log. */
interface Wanted {
  readonly isWanted: (event: SealedEvent) => boolean;
  readonly read: (generation: string, range: IndexRange) => Promise<readonly SealedEvent[]>;
  /** Whether the index has left nothing out, as far as it shows. */
  readonly isWhole: (events: readonly SealedEvent[]) => Promise<boolean>;
  readonly signal?: AbortSignal;
}

interface ReadRequest extends Wanted {
  readonly after: Position;
  readonly head: Position;
  readonly limit: number;
}

const reaching = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (cause) {
    throw new StoreUnavailableError('the index by customer cannot be reached', { cause });
  }
};
