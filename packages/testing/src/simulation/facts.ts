import type {
  ClaimBody,
  ComplaintAnalyseBody,
  ComplaintAssignBody,
  ComplaintFollowUpBody,
  ComplaintReopenBody,
  ComplaintResolveBody,
  CustomerBody,
  CustomerLinkBody,
  FactLine,
  FollowUpDoneBody,
  FollowUpMoveBody,
} from '@tenure/contracts';

/** An action on something that was published before, named as its publisher named it. */
export type SimulatedAction = { readonly source: string; readonly id: string } & (
  | { readonly of: 'purchase'; readonly action: 'claim'; readonly body: ClaimBody }
  | { readonly of: 'customer'; readonly action: 'links'; readonly body: CustomerLinkBody }
  | { readonly of: 'follow-up'; readonly action: 'done'; readonly body: FollowUpDoneBody }
  | { readonly of: 'follow-up'; readonly action: 'move'; readonly body: FollowUpMoveBody }
  | { readonly of: 'complaint'; readonly action: 'acknowledge' | 'close'; readonly body: { occurredAt: string } }
  | { readonly of: 'complaint'; readonly action: 'assign'; readonly body: ComplaintAssignBody }
  | { readonly of: 'complaint'; readonly action: 'analyse'; readonly body: ComplaintAnalyseBody }
  | { readonly of: 'complaint'; readonly action: 'resolve'; readonly body: ComplaintResolveBody }
  | { readonly of: 'complaint'; readonly action: 'follow-up'; readonly body: ComplaintFollowUpBody }
  | { readonly of: 'complaint'; readonly action: 'reopen'; readonly body: ComplaintReopenBody }
);

/**
 * What the simulated business sends, in the API's own form, at an instant (`at`, ms since 1970 UTC): a line for
 * `POST /v1/facts/batch`, a registration for `POST /v1/customers`, or an action. `id` of an action is the publisher's:
 * an order's or a complaint's id, a follow-up's id, a customer's key.
 */
export type SimulatedFact =
  | { readonly at: number; readonly kind: 'fact'; readonly line: FactLine }
  | { readonly at: number; readonly kind: 'registration'; readonly body: CustomerBody }
  | ({ readonly at: number; readonly kind: 'action' } & SimulatedAction);

type WithoutInstant<T> = T extends unknown ? Omit<T, 'at'> : never;
/** The same before it is dated. */
export type Sending = WithoutInstant<SimulatedFact>;

/**
 * Where an action is posted. `entityId` is what the write of the thing acted on answered: its `id`, for a customer the
 * `customerId`; a purchase is named by its publisher's id alone.
 */
export function actionPath(action: SimulatedAction, entityId: string): string {
  switch (action.of) {
    case 'purchase':
      return `/v1/purchases/${encodeURIComponent(action.source)}/${encodeURIComponent(action.id)}/${action.action}`;
    case 'customer':
      return `/v1/customers/${entityId}/${action.action}`;
    case 'follow-up':
      return `/v1/follow-ups/${entityId}/${action.action}`;
    case 'complaint':
      return `/v1/complaints/${entityId}/${action.action}`;
    default:
      return action satisfies never;
  }
}
