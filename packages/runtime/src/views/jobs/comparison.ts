import { isDeepStrictEqual } from 'node:util';
import type { ViewComparison, ViewDifference } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import type { Position } from '@tenure/event-store';
import type { Document, Guarded, GuardedReplace, ViewSet } from '@tenure/read-store';
import { fieldDifferences } from './field-differences.ts';
import { type PartingParts, partingEvent } from './parting-event.ts';
import { suspectsIn } from './suspects.ts';

export interface ComparisonParts extends Omit<PartingParts, 'expected'> {
  readonly served: ViewSet;
  readonly expected: ViewSet;
  /** Resolves once the views that are served have a position. */
  readonly servedReached: (position: Position) => Promise<void>;
  /** The same of what the log says, for these documents at least. */
  readonly expectedReached: (position: Position) => Promise<void>;
  /** Keys of what is set aside in either: it lacks events, and that is known. */
  readonly parkedKeys: () => Promise<ReadonlySet<string>>;
  /** Writes over documents that are served; absent: they stay. @returns false when one has changed since */
  readonly heal?: (replaces: readonly GuardedReplace[]) => Promise<boolean>;
}

const mostItems = 100;
/** A document that changed at every look so many times is left alone. */
const rounds = 30;

type Found = readonly [served: Guarded | undefined, expected: Guarded | undefined];

/**
 * Compares what is served with what the log says while both go on. What is not the same at first sight is looked at again
 * once both have the same position and neither of the two documents shows more: then it has to be the same.
 */
export class Comparison {
  readonly #parts: ComparisonParts;
  #documents = 0;
  #differences = 0;
  #healed = 0;
  #parked = 0;
  #unsettled = 0;
  readonly #items: ViewDifference[] = [];

  constructor(parts: ComparisonParts) {
    this.#parts = parts;
  }

  get result(): ViewComparison {
    return {
      documents: this.#documents,
      differences: this.#differences,
      healed: this.#healed,
      parked: this.#parked,
      unsettled: this.#unsettled,
      items: this.#items,
    };
  }

  /** All of a collection. */
  async collection(name: string, onStep: () => void): Promise<void> {
    const { served, expected } = this.#parts;
    for await (const { ids, looked } of suspectsIn(name, served, expected)) {
      this.#documents += looked;
      if (ids.length > 0) await this.#settle(name, ids);
      onStep();
    }
  }

  /** Some documents of a collection. */
  async documents(name: string, ids: readonly string[]): Promise<void> {
    this.#documents += ids.length;
    const found = await this.#read(name, ids);
    const suspects = ids.filter((id) => !isSame(found.get(id)));
    if (suspects.length > 0) await this.#settle(name, suspects);
  }

  async #settle(collection: string, suspects: readonly string[]): Promise<void> {
    const { store, servedReached, expectedReached } = this.#parts;
    let open = suspects;
    let before = new Map<string, Found>();
    for (let round = 0; open.length > 0 && round < rounds; round++) {
      const head = (await store.head()) ?? '';
      if (head !== '') await Promise.all([servedReached(head), expectedReached(head)]);
      const found = await this.#read(collection, open);
      const parked = await this.#parts.parkedKeys();
      const now = (await store.head()) ?? '';
      const next: string[] = [];
      for (const id of open) {
        const pair = found.get(id) ?? [undefined, undefined];
        if (isSame(pair)) continue;
        if (keysOf(id, pair).some((key) => parked.has(key))) this.#parked++;
        // A document that is gone does not say by which event: what differs is believed when it does so twice.
        else if (movedOn(pair, head, now) || !isDeepStrictEqual(before.get(id), pair)) next.push(id);
        else if (!(await this.#differs(collection, id, pair))) next.push(id);
      }
      before = new Map(found);
      open = next;
    }
    this.#unsettled += open.length;
  }

  /** @returns false when it has changed meanwhile, and has to be looked at again */
  async #differs(collection: string, id: string, pair: Found): Promise<boolean> {
    const [served, expected] = pair;
    const { heal } = this.#parts;
    const replace: GuardedReplace = {
      collection,
      id,
      document: expected?.document ?? null,
      guard: expected?.guard ?? served?.guard ?? '',
      expected: served?.guard ?? null,
    };
    if (heal !== undefined && !(await heal([replace]))) return false;
    this.#differences++;
    if (heal !== undefined) this.#healed++;
    if (this.#items.length < mostItems) this.#items.push(await this.#itemOf(collection, id, pair, heal !== undefined));
    return true;
  }

  async #itemOf(collection: string, id: string, [one, other]: Found, healed: boolean): Promise<ViewDifference> {
    const [served, expected] = [one?.document, other?.document];
    const fields = fieldDifferences(served, expected);
    const customerId = customerOf(collection, id, expected ?? served, this.#parts.projections);
    const names = new Set(fields.map(({ field }) => field.split('.')[0] ?? '').filter((name) => name !== ''));
    const wrong = { collection, id, customerId, served, expected, fields: names };
    const event = await partingEvent(wrong, this.#parts);
    return {
      collection,
      document: id,
      customerId,
      kind: served === undefined ? 'missing' : expected === undefined ? 'surplus' : 'differs',
      fields: [...fields],
      parted:
        event === undefined
          ? null
          : {
              eventId: event.id,
              type: event.type,
              position: event.position,
              occurredAt: isoInstant(event.occurredAt),
            },
      healed,
    };
  }

  async #read(collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, Found>> {
    const { served, expected } = this.#parts;
    const [ones, others] = await Promise.all([served.getMany(collection, ids), expected.getMany(collection, ids)]);
    return new Map(ids.map((id) => [id, [ones.get(id), others.get(id)]]));
  }
}

function isSame(pair: Found | undefined): boolean {
  return isDeepStrictEqual(pair?.[0]?.document, pair?.[1]?.document);
}

/** Whether one of both shows an event after the position that both have. A guard that no event can have says nothing. */
function movedOn(pair: Found, position: Position, head: Position): boolean {
  return pair.some((guarded) => guarded !== undefined && guarded.guard > position && guarded.guard <= head);
}

function keysOf(id: string, pair: Found): readonly string[] {
  return pair.flatMap((guarded) => {
    const { customerId, canonicalId, stream, _stream } = guarded?.document ?? { _id: id };
    return [id, customerId, canonicalId, stream, _stream].filter((key) => typeof key === 'string').map(String);
  });
}

/** Whose a document is: documents of customers have their ids, others may name one. */
function customerOf(
  collection: string,
  id: string,
  document: Document | undefined,
  projections: ComparisonParts['projections'],
): string | null {
  const { canonicalId, customerId } = document ?? { _id: id };
  if (typeof canonicalId === 'string') return canonicalId;
  if (typeof customerId === 'string') return customerId;
  const projection = projections.find(({ collections }) => collections.some(({ name }) => name === collection));
  return projection?.customer === undefined ? null : id;
}
