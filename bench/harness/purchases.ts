import type { PurchaseBody } from '@tenure/contracts';
import { simulatePurchases } from '@tenure/testing';

export interface PurchaseSet {
  readonly customers: number;
  readonly purchases: number;
  /** Other orders by the same customers: in the days that follow, or among the first. */
  readonly series?: 'first' | 'sequel' | 'late';
}

/** Fewer than the 90 after which a customer who does nothing is at risk: what comes in order restates nothing. */
const DAYS = 60;
const SEQUEL_DAYS = 2;
/** Gaps are drawn, so a small set may take longer than it should. */
const MARGIN_DAYS = 15;
const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const END = START + (DAYS + SEQUEL_DAYS + MARGIN_DAYS) * DAY_MS;
/** What the clock says of a process that takes purchases: all of them lie before. */
export const afterPurchases = new Date(END).toISOString();
export const theDayAfter = new Date(END + DAY_MS).toISOString();

const drawn = {
  first: { seed: 1, start: START, days: DAYS },
  sequel: { seed: 2, start: START + (DAYS + 1) * DAY_MS, days: SEQUEL_DAYS },
  late: { seed: 3, start: START + DAY_MS, days: DAYS / 2 },
} as const;

/** The same purchases for the same set. Every customer buys at least once, as long as there are that many purchases. */
export function* purchasesOf({ customers, purchases, series = 'first' }: PurchaseSet): Generator<PurchaseBody> {
  let number = 0;
  for (const purchase of simulatePurchases({ customers, purchases, ...drawn[series] })) {
    number++;
    const customer = number > customers ? purchase.customer : { source: 'members', key: `M${number}` };
    yield { ...purchase, orderId: `${series}-${number}`, customer };
  }
}

/** The same, so many days later that the last of them is of this hour: for processes whose clock is the machine's. */
export function* recentPurchasesOf(set: PurchaseSet): Generator<PurchaseBody> {
  const later = Date.now() - END;
  for (const purchase of purchasesOf(set)) {
    yield { ...purchase, occurredAt: new Date(Date.parse(purchase.occurredAt) + later).toISOString() };
  }
}

/** Purchases in turn as JSON, an order id of its own for each; made ahead but for that. */
export function bodiesInTurn(purchases: Iterable<PurchaseBody>): () => string {
  const rests = [...purchases].map(({ orderId: _, ...rest }) => JSON.stringify(rest).slice(1));
  let number = 0;
  return () => {
    number++;
    return `{"orderId":"n${number}",${rests[number % rests.length]}`;
  };
}

/** A purchase as one line of a batch. */
export function lineOf(purchase: PurchaseBody): string {
  return `${JSON.stringify({ type: 'purchase', ...purchase })}\n`;
}

export function* linesOf(set: PurchaseSet): Generator<string> {
  for (const purchase of purchasesOf(set)) yield lineOf(purchase);
}

/** How many of them earn points: those of a whole unit of money at least. */
export function earning(set: PurchaseSet): number {
  let count = 0;
  for (const { lines } of purchasesOf(set))
    if (lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0) >= 100) count++;
  return count;
}

const CHUNK_CHARACTERS = 64 * 1024;

/** Lines as bytes, some 64 KiB each, so that sending them costs the sender little. */
export function chunksOf(lines: Iterable<string>): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let text = '';
  for (const one of lines) {
    text += one;
    if (text.length < CHUNK_CHARACTERS) continue;
    chunks.push(Buffer.from(text));
    text = '';
  }
  if (text !== '') chunks.push(Buffer.from(text));
  return chunks;
}
