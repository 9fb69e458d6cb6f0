import { type Complaint, DAY, type FollowUp, type Purchase, type Refund, type Survey } from './facts.ts';

/** Noon of a day of the hand-made cases; day 0 is 2010-01-01. */
export function noon(day: number): number {
  return Date.UTC(2010, 0, 1, 12) + day * DAY;
}

type Common = { id?: string; source?: string; customer?: string | null; currency?: string };

let nextId = 0;

function common({ id = `fact-${nextId++}`, source = 'shop', customer = 'ann' }: Common) {
  return { id, source, customer };
}

const line = (amountMinor: number) => ({ lineId: '1', productId: 'thing', quantity: 1, amountMinor });

export function buy(occurredAt: number, amountMinor: number, other: Common = {}): Purchase {
  const { currency = 'GBP' } = other;
  return { kind: 'purchase', ...common(other), occurredAt, currency, lines: [line(amountMinor)] };
}

/** A refund of a purchase, or of none that is known. */
export function giveBack(
  occurredAt: number,
  amountMinor: number,
  original: Purchase | string | null,
  other: Common = {},
): Refund {
  const { currency = 'GBP' } = other;
  const named = typeof original === 'string' || original === null ? original : original.id;
  const lines = [line(amountMinor)];
  return { kind: 'refund', ...common(other), occurredAt, original: named, currency, lines };
}

export function survey(occurredAt: number, scale: Survey['scale'], score: number, other: Common = {}): Survey {
  return { kind: 'survey', ...common(other), occurredAt, scale, score };
}

export function complain(occurredAt: number, other: Common = {}): Complaint {
  return { kind: 'complaint', ...common(other), occurredAt };
}

export function followUp(
  occurredAt: number,
  complaint: Complaint | null,
  satisfaction: number | null,
  other: Common = {},
): FollowUp {
  return { kind: 'follow-up', ...common(other), occurredAt, complaint: complaint?.id ?? null, satisfaction };
}
