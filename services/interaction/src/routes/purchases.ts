import { asOfQuery, claimBody, purchaseParams, purchaseView as purchaseViewSchema } from '@tenure/contracts';
import { purchaseDecider } from '@tenure/domain';
import type { EventStore } from '@tenure/event-store';
import {
  answerWrite,
  defineRoute,
  entityTag,
  eventsAsOf,
  factScope,
  handleCommand,
  idOfStream,
  namedCustomer,
  Problem,
  type Route,
  readAsOf,
  type ServiceContext,
  stateOf,
  writeResponses,
} from '@tenure/runtime';
import { readHistory } from '@tenure/runtime/views';
import { purchaseView } from '../purchase-view.ts';

const common = { tags: ['purchases'], params: purchaseParams } as const;

/** One purchase: as it stands, and claimed. */
export function purchaseRoutes(context: ServiceContext): readonly Route[] {
  const { ids, store } = context;
  return [
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/purchases/{source}/{orderId}',
      operationId: 'getPurchase',
      summary: 'A purchase as it stands, refunds applied',
      scopes: ['purchases:read'],
      limits: { bodyBytes: 0, timeoutMs: 5_000 },
      responses: {
        200: {
          description: 'The purchase',
          schema: purchaseViewSchema,
          headers: { ETag: 'The revision, for If-Match', 'Tenure-Position': 'The position of the last change' },
        },
      },
      query: asOfQuery,
      problems: ['not-found', 'in-the-future'],
      async handler({ params: { source, orderId }, query }) {
        const instants = readAsOf(query, context.clock);
        const events = await store.readStream(ids.purchaseStream(source, orderId));
        const body = await purchaseView(store, eventsAsOf(events, instants, ['PurchaseClaimed']), instants);
        if (body === undefined) throw noPurchase(source, orderId);
        const isNow = query.asOf === undefined && query.knownAt === undefined;
        const etag = isNow ? { etag: entityTag(events.length - 1) } : {};
        return { status: 200, headers: { ...etag, 'tenure-position': body.position }, body };
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/v1/purchases/{source}/{orderId}/claim',
      operationId: 'claimPurchase',
      summary: 'Give an anonymous purchase and its refunds to a customer',
      scopes: [factScope],
      limits: { bodyBytes: 4 * 1024, timeoutMs: 5_000 },
      body: claimBody,
      ifMatch: true,
      responses: writeResponses,
      problems: ['not-found', 'not-anonymous', 'already-claimed', 'precondition-failed'],
      async handler({ params: { source, orderId }, body, origin }) {
        const stream = ids.purchaseStream(source, orderId);
        // Whoever is registered by the claim was a customer when they bought.
        const state = stateOf(purchaseDecider, await store.readStream(stream));
        if (state.status !== 'recorded') throw noPurchase(source, orderId);
        const named = namedCustomer(ids, body.customer, state.occurredAt);
        if (named.customerId === null) throw new Error('a claim names a customer');
        const { register } = named;
        const customerId = await claimant(store, named.customerId, state.customerId ?? state.claimedBy);
        const id = idOfStream(stream);
        const result = await handleCommand(context, {
          service: 'interaction',
          origin,
          commandId: ids.factCommandId('claim', id, customerId, ''),
          register,
          stream,
          decider: purchaseDecider,
          command: { type: 'ClaimPurchase', customerId, purchaseStream: stream },
          expectedRevision: origin.ifMatch,
        });
        return answerWrite(id, result);
      },
    }),
  ];
}

/** Who claims: under the id that has the purchase, if the two are known to be one customer, so that it is a repeat. */
async function claimant(store: EventStore, customerId: string, holder: string | null): Promise<string> {
  if (holder === null || holder === customerId) return customerId;
  const history = await readHistory(store, holder);
  return history?.ids.includes(customerId) === true ? holder : customerId;
}

function noPurchase(source: string, orderId: string): Problem {
  return new Problem('not-found', `There is no purchase ${orderId} of ${source}`);
}
