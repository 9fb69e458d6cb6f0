import type { ConflictView } from '@tenure/contracts';
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

type Row = readonly [id: string, document: ConflictDocument];

const collection = 'conflicts';

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
  ],
  eventTypes: new Set(['FactConflictDetected', 'PurchaseRecorded', 'RefundRecorded', 'PurchaseClaimed', 'KeyLinked']),

  async event(event, context): Promise<readonly DocumentChange[]> {
    switch (event.type) {
      case 'FactConflictDetected':
        return changesOf([], [differingContent(event)]);
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

function differingContent(event: RecordedEvent & { readonly type: 'FactConflictDetected' }): Row {
  const { kind, source, id: factId } = event.data;
  // It came as JSON.
  const submitted = (event.personal?.submitted ?? null) as Json;
  const row = { reason: 'content-differs' as const, kind, source, factId, submitted };
  return [event.id, documentOf(event, event.id, row)];
}

/** A refund's flags may come and go with any event of its purchase. */
async function afterPurchaseEvent(
  event: RecordedEvent,
  { store }: Pick<ViewsContext, 'store'>,
): Promise<readonly DocumentChange[]> {
  // One event alone has no flags: that is what most purchases stay.
  if (event.revision === 0 || !event.stream.startsWith('purchase-')) return [];
  const events = (await store.readStream(event.stream)).slice(0, event.revision + 1);
  return changesOf(await flagRows(store, events.slice(0, -1)), await flagRows(store, events));
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
    const standing = new Set((await flagRows(store, await store.readStream(stream))).map(([id]) => id));
    const gone = own.filter(({ _id }) => !standing.has(_id));
    changes.push(...gone.map(({ _id: id }) => ({ collection, id, document: null })));
  }
  return changes;
}

/** Rows of a purchase's refunds, by the events of its stream so far. */
async function flagRows(store: ViewsContext['store'], events: readonly StoredEvent[]): Promise<readonly Row[]> {
  if (events.length < 2) return [];
  const standing = await asItStands(store, events);
  if (standing?.status !== 'recorded') return [];
  const buyer = standing.customerId;
  return standing.refunds.flatMap(({ source, refundId, customerId, flags }) => {
    const event = events.find(({ type, data }) => type === 'RefundRecorded' && isOf(data, source, refundId));
    if (event === undefined) return [];
    return flags.map((reason): Row => {
      const id = `${event.id}-${reason}`;
      const row = { reason, kind: 'refund' as const, source, factId: refundId, submitted: null };
      return [id, { ...documentOf(event, id, row), customerId, _buyer: buyer }];
    });
  });
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

/** Replaces some rows by others. */
function changesOf(before: readonly Row[], after: readonly Row[]): readonly DocumentChange[] {
  const kept = new Set(after.map(([id]) => id));
  const gone = before.filter(([id]) => !kept.has(id));
  return [
    ...gone.map(([id]) => ({ collection, id, document: null })),
    ...after.map(([id, document]) => ({ collection, id, document })),
  ];
}
