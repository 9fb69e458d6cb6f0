import type { CustomerBody, CustomerPatchBody, FactLine } from '@tenure/contracts';
import { createIds, idOfStream } from '@tenure/runtime';
import type { Fact } from '../oracle/index.ts';
import { idKey } from './id-key.ts';
import type { Call } from './log-system.ts';

const ids = createIds(Buffer.from(idKey, 'hex'));

/** How a publisher knows somebody. */
export interface Key {
  readonly source: string;
  readonly key: string;
}

/** Something that somebody sends: a fact, a change, a claim, a link. */
export interface Arrival {
  readonly call: Call;
  /** When it happened, ms since 1970 UTC; null for knowledge, which holds for all of the past. */
  readonly at: number | null;
  /** Whom it makes known. */
  readonly registers: readonly Key[];
  /** The same in the oracle's words; nothing for what the oracle has no word for. */
  readonly told: readonly Fact[];
}

/** How the oracle names a customer's key. */
export function toldKey({ source, key }: Key): string {
  return `${source}/${key}`;
}

export function customerIdOf({ source, key }: Key): string {
  return ids.customerId(source, key);
}

const operations: Readonly<Record<FactLine['type'], string>> = {
  purchase: 'recordPurchase',
  refund: 'recordRefund',
  contact: 'recordContact',
  'follow-up': 'scheduleFollowUp',
  survey: 'inviteToSurvey',
  'survey-response': 'answerSurvey',
  complaint: 'fileComplaint',
};
const factTypes = new Map(
  Object.entries(operations).map(([type, operationId]) => [operationId, type as FactLine['type']]),
);

/** The type that a fact has in a batch; undefined for what is no fact. */
export function factTypeOf({ call: { operationId } }: Arrival): FactLine['type'] | undefined {
  return factTypes.get(operationId);
}

/** A fact that is published. `told`: what the oracle is told of it. */
export function fact(line: FactLine, at: number, told: readonly Fact[] = []): Arrival {
  const { type, ...body } = line;
  const named = 'customer' in line ? line.customer : null;
  return { call: { operationId: operations[type], body }, at, registers: named === null ? [] : [named], told };
}

export function registration(body: CustomerBody, at: number, told: readonly Fact[]): Arrival {
  return { call: { operationId: 'registerCustomer', body }, at, registers: [body.customer], told };
}

export function change(of: Key, body: CustomerPatchBody, at: number, told: readonly Fact[]): Arrival {
  return {
    call: { operationId: 'changeCustomer', params: { id: customerIdOf(of) }, body },
    at,
    registers: [],
    told,
  };
}

export function link(one: Key, other: Key): Arrival {
  return {
    call: { operationId: 'linkCustomer', params: { id: customerIdOf(one) }, body: { customer: other } },
    at: null,
    registers: [],
    told: [{ kind: 'link', customers: [toldKey(one), toldKey(other)] }],
  };
}

/** @param boughtAt of the purchase: it dates the claim, and whoever is registered by it */
export function claim(source: string, orderId: string, customer: Key, boughtAt: number): Arrival {
  return {
    call: { operationId: 'claimPurchase', params: { source, orderId }, body: { customer } },
    at: boughtAt,
    registers: [customer],
    told: [{ kind: 'claim', source, id: orderId, customer: toldKey(customer) }],
  };
}

export type ComplaintStep = 'acknowledge' | 'resolve' | 'followUp' | 'close' | 'reopen';

/** A step of a complaint. */
export function complaintStep(
  step: ComplaintStep,
  { source, complaintId }: { readonly source: string; readonly complaintId: string },
  body: object,
  at: number,
  told: readonly Fact[] = [],
): Arrival {
  const params = { id: idOfStream(ids.complaintStream(source, complaintId)) };
  const call = { operationId: `${step}Complaint`, params, body: { ...body, occurredAt: iso(at) } };
  return { call, at, registers: [], told };
}

/** A step of a follow-up visit. */
export function followUpStep(
  step: 'move' | 'complete',
  { source, followUpId }: { readonly source: string; readonly followUpId: string },
  body: object,
  at: number,
  told: readonly Fact[] = [],
): Arrival {
  const params = { id: idOfStream(ids.followUpStream(source, followUpId)) };
  const call = { operationId: `${step}FollowUp`, params, body: { ...body, occurredAt: iso(at) } };
  return { call, at, registers: [], told };
}

export function iso(instant: number): string {
  return new Date(instant).toISOString();
}
