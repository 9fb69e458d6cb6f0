/**
 * What the oracle is told: plain facts, as a publisher would send them. Instants are ms since 1970, money is integer
 * minor units, a customer is any string that names one key of one publisher.
 */
export type Line = {
  lineId: string;
  productId: string;
  name?: string;
  quantity: number;
  /** A decimal string, informative only. */
  unitPrice?: string;
  amountMinor: number;
};

type Told = { source: string; id: string; occurredAt: number; customer: string | null };

export type Purchase = Told & { kind: 'purchase'; currency: string; lines: readonly Line[] };

/** `original` is the purchase's id at the same source, null when the refund names none. Amounts are positive. */
export type Refund = Told & { kind: 'refund'; original: string | null; currency: string; lines: readonly Line[] };

export type Survey = Told & { kind: 'survey'; scale: 'csat' | 'nps' | 'ces'; score: number };

export type Complaint = Told & { kind: 'complaint' };

/** `complaint` is the id, at the same source, of the complaint followed up; `satisfaction` is 1-5. */
export type FollowUp = Told & { kind: 'follow-up'; complaint: string | null; satisfaction: number | null };

/** Anything else that a customer did or that was done with them: it only makes the customer exist. */
export type Other = Told & { kind: 'other' };

/** Someone made the customer a key account by hand, or took that back. */
export type KeyAccount = Told & { kind: 'key-account'; key: boolean };

/** Knowledge, true for all of the past: the anonymous purchase `id` of `source` was this customer's. */
export type Claim = { kind: 'claim'; source: string; id: string; customer: string };

/** Knowledge, true for all of the past: two keys are one customer. */
export type Link = { kind: 'link'; customers: readonly [string, string] };

export type DatedFact = Purchase | Refund | Survey | Complaint | FollowUp | Other | KeyAccount;
export type Fact = DatedFact | Claim | Link;

export const DAY = 86_400_000;

export function totalMinor(fact: Purchase | Refund): number {
  return fact.lines.reduce((sum, line) => sum + line.amountMinor, 0);
}

export function isDated(fact: Fact): fact is DatedFact {
  return fact.kind !== 'claim' && fact.kind !== 'link';
}
