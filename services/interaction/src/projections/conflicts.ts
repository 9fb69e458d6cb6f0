import { type ConflictView, type RefundFlag, refundFlag } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import type { StoredEvent } from '@tenure/event-store';
import type { Document, Filter, Json } from '@tenure/read-store';
import {
  type DocumentChange,
  type Projection,
  type RecordedEvent,
  readHistory,
  type ViewsContext,
} from '@tenure/runtime/views';
import { asItStands } from '../purchase-view.ts';

/** What somebody has to look at. */
export interface ConflictDocument extends Document, Omit<ConflictView, 'submitted'> {
  readonly submitted: Json;
  /** Where it stands. */
  readonly _stream: string;
  /** Of a refund's flag: whose purchase it is. */
  readonly _buyer: string | null;
}

const collection = 'conflicts';
/** A row for each purchase whose refunds were looked at, at the last event that was: it is written with their flags. */
const lookedAt = 'purchases-looked-at';

/** What flags depend on, in the stream of a purchase. */
const flagged: ReadonlySet<string> = new Set(['PurchaseRecorded', 'RefundRecorded', 'PurchaseClaimed']);

/**
 * A row for each fact that came with other content, and one for each flag of a refund. Flags depend on all of a purchase's
 * stream, so its rows are made anew with each of its events.
 */
export const conflicts: Projection = {
  name: 'conflicts',
  collections: [
    {
      name: collection,
      indexes: [
        { fields: ['recordedAt'] },
        { fields: ['reason', 'recordedAt'] },
        { fields: ['customerId'] },
        { fields: ['_buyer'] },
      ],
    },
    { name: lookedAt, indexes: [] },
  ],
  eventTypes: new Set(['FactConflictDetected', 'PurchaseRecorded', 'RefundRecorded', 'PurchaseClaimed', 'KeyLinked']),

  async event(event, context): Promise<readonly DocumentChange[]> {
    switch (event.type) {
      case 'FactConflictDetected':
        return [changeTo(differingContent(event))];
      case 'PurchaseRecorded':
      case 'RefundRecorded':
      case 'PurchaseClaimed':
        return afterPurchaseEvent(event, context);
      case 'KeyLinked':
        return afterLink(event, context);
      default:
        return [];
    }
  },
};

function differingContent(event: RecordedEvent & { readonly type: 'FactConflictDetected' }): ConflictDocument {
  const { kind, source, id: factId } = event.data;
  // It came as JSON.
  const submitted = (event.personal?.submitted ?? null) as Json;
  const row = { reason: 'content-differs' as const, kind, source, factId, submitted };
  return documentOf(event, event.id, row);
}

/**
 * A refund's flags may come and go with any event of its purchase, by the hand of any process: its events may be of
 * several customers. Each writes what all of the stream comes to, and that it was looked at, guarded by what was looked
 * at before: whoever has read less of the stream than was written since has to read it again.
 */
async function afterPurchaseEvent(
  event: RecordedEvent,
  { store }: Pick<ViewsContext, 'store'>,
): Promise<readonly DocumentChange[]> {
  // One event alone has no flags: that is what most purchases stay.
  if (event.revision === 0 || !event.stream.startsWith('purchase-')) return [];
  const events = (await store.readStream(event.stream)).filter(({ type }) => flagged.has(type));
  const guard = events.at(-1)?.position ?? event.position;
  const rows = await flagRows(store, events);
  const standing = new Set(rows.map(({ _id }) => _id));
  const gone = events
    .filter(({ type }) => type === 'RefundRecorded')
    .flatMap((refund) => refundFlag.options.map((flag) => flagId(refund, flag)))
    .filter((id) => !standing.has(id));
  const changes = [...gone.map(removal), ...rows.map(changeTo)].map((change) => ({ ...change, guard }));
  return [...changes, { collection: lookedAt, id: event.stream, document: { _id: event.stream }, guard }];
}

/** Who has become one customer with the buyer is no other customer any more. */
async function afterLink(event: RecordedEvent, { store, views }: ViewsContext): Promise<readonly DocumentChange[]> {
  if (event.customerId === null) return [];
  const ids = [...((await readHistory(store, event.customerId))?.ids ?? [])];
  const filter: Filter = {
    reason: 'other-customer',
    $or: [{ customerId: { $in: ids } }, { _buyer: { $in: ids } }],
  };
  const rows = await views.find<ConflictDocument>(collection, { filter });
  const changes: DocumentChange[] = [];
  for (const [stream, own] of Map.groupBy(rows, ({ _stream }) => _stream)) {
    const standing = new Set((await flagRows(store, await store.readStream(stream))).map(({ _id }) => _id));
    changes.push(...own.filter(({ _id }) => !standing.has(_id)).map(({ _id }) => removal(_id)));
  }
  return changes;
}

/** Rows of a purchase's refunds, by the events of its stream. */
async function flagRows(
  store: ViewsContext['store'],
  events: readonly StoredEvent[],
): Promise<readonly ConflictDocument[]> {
  if (events.length < 2) return [];
  const standing = await asItStands(store, events);
  if (standing?.status !== 'recorded') return [];
  const buyer = standing.customerId;
  return standing.refunds.flatMap(({ source, refundId, customerId, flags }) => {
    const event = events.find(({ type, data }) => type === 'RefundRecorded' && isOf(data, source, refundId));
    if (event === undefined) return [];
    return flags.map((reason) => {
      const row = { reason, kind: 'refund' as const, source, factId: refundId, submitted: null };
      return { ...documentOf(event, flagId(event, reason), row), customerId, _buyer: buyer };
    });
  });
}

function flagId(refund: StoredEvent, flag: RefundFlag): string {
  return `${refund.id}-${flag}`;
}

function isOf(data: object, source: string, refundId: string): boolean {
  return 'refundId' in data && data.refundId === refundId && 'source' in data && data.source === source;
}

function documentOf(
  event: Pick<StoredEvent, 'stream' | 'customerId' | 'recordedAt' | 'position'>,
  id: string,
  row: Pick<ConflictDocument, 'reason' | 'kind' | 'source' | 'factId' | 'submitted'>,
): ConflictDocument {
  const { stream, customerId, recordedAt, position } = event;
  return {
    _id: id,
    _stream: stream,
    _buyer: null,
    id,
    ...row,
    customerId,
    recordedAt: isoInstant(recordedAt),
    position,
  };
}

function changeTo(document: ConflictDocument): DocumentChange {
  return { collection, id: document._id, document };
}

function removal(id: string): DocumentChange {
  return { collection, id, document: null };
}
