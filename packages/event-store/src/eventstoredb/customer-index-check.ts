import { isDeepStrictEqual } from 'node:util';
import type { EventStore, Position, SealedEvent } from '../port.ts';
import type { CustomerIndex } from './customer-index.ts';
import { BEGINNING } from './position.ts';

export interface CustomerIndexCheck {
  /** How many events the log has in the range, up to the first difference. */
  readonly checked: number;
  /** The first event that is not the same in both: absent from the index, from the log, or with another content. */
  readonly difference?: {
    readonly kind: 'missing' | 'extra' | 'different';
    readonly position: Position;
    readonly eventId: string;
  };
  /** Set when there was nothing to compare: the index was never begun, or is another log's. */
  readonly foreign?: true;
}

export interface CustomerIndexCheckOptions {
  readonly store: Pick<EventStore, 'identity' | 'readAllSealed'>;
  readonly index: CustomerIndex;
  /** Exclusive. Absent: from the beginning. */
  readonly after?: Position;
  /** Inclusive. Absent, or further than the index has come: as far as it has. */
  readonly upTo?: Position;
}

const PAGE = 1_000;

/** Compares the index with the log over a range, event by event. */
export const checkCustomerIndex = async (options: CustomerIndexCheckOptions): Promise<CustomerIndexCheck> => {
  const { store, index, after = BEGINNING } = options;
  const state = await index.state();
  const { logId, epoch } = store.identity;
  if (!state || state.checkpoint.logId !== logId || state.checkpoint.epoch !== epoch)
    return { checked: 0, foreign: true };
  const reached = state.checkpoint.position;
  const end = options.upTo !== undefined && options.upTo < reached ? options.upTo : reached;
  let checked = 0;
  for (let from = after; from < end; ) {
    const page = await store.readAllSealed({ after: from, limit: PAGE });
    const last = page.at(-1)?.position;
    const to = page.length < PAGE || last === undefined || last > end ? end : last;
    const inLog = page.filter(({ position }) => position <= to);
    const inIndex = await allOf(index, state.generation, from, to);
    const compared = compare(inLog, inIndex);
    checked += compared.checked;
    if (compared.difference) return { checked, difference: compared.difference };
    from = to;
  }
  return { checked };
};

const allOf = async (
  index: CustomerIndex,
  generation: string,
  from: Position,
  upTo: Position,
): Promise<SealedEvent[]> => {
  const events: SealedEvent[] = [];
  for (let after = from; ; ) {
    const page = await index.page(generation, { after, upTo, limit: PAGE });
    events.push(...page);
    const last = page.at(-1);
    if (!last || page.length < PAGE) return events;
    after = last.position;
  }
};

const compare = (inLog: readonly SealedEvent[], inIndex: readonly SealedEvent[]): CustomerIndexCheck => {
  const length = Math.max(inLog.length, inIndex.length);
  for (let checked = 0; checked < length; checked++) {
    const [truth, copy] = [inLog[checked], inIndex[checked]];
    const kind = kindOf(truth, copy);
    const event = kind === 'extra' ? copy : truth;
    if (kind && event) return { checked, difference: { kind, position: event.position, eventId: event.id } };
  }
  return { checked: length };
};

const kindOf = (
  truth: SealedEvent | undefined,
  copy: SealedEvent | undefined,
): 'missing' | 'extra' | 'different' | undefined => {
  if (!copy || (truth && truth.position < copy.position)) return 'missing';
  if (!truth || truth.position > copy.position) return 'extra';
  return isDeepStrictEqual(plain(truth), plain(copy)) ? undefined : 'different';
};

/** Bytes as text: two kinds of byte arrays are never equal. */
const plain = ({ sealed, ...rest }: SealedEvent): unknown => ({
  ...rest,
  sealed: sealed === undefined ? undefined : Buffer.from(sealed).toString('base64'),
});

/** Drops what the index has, and has it built anew by whoever maintains it. */
export const rebuildCustomerIndex = async ({
  store,
  index,
}: Pick<CustomerIndexCheckOptions, 'index'> & { readonly store: Pick<EventStore, 'identity'> }): Promise<void> => {
  let begun = false;
  while (!begun) {
    const state = await index.state();
    begun = (await index.begin(state, { ...store.identity, position: BEGINNING, eventId: null })) !== undefined;
  }
};
