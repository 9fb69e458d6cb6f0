import { setTimeout as delay } from 'node:timers/promises';

/** A purchase that was accepted, and shown. */
export interface Shown {
  /** From the answer to the purchase to the answer that shows it, ms. */
  readonly ms: number;
  /** When that came (performance.now). */
  readonly at: number;
}

export interface OpenLoopOptions {
  /** Where purchases are sent, and where the customer is asked for. */
  readonly writeUrl: string;
  readonly readUrl: string;
  readonly perSecond: number;
  /** Purchases are sent until then. */
  readonly until: () => boolean;
  /** The next purchase, as JSON. */
  readonly next: () => string;
}

/** A view that is behind is asked for again after this. */
const AGAIN_MS = 20;
const PATIENCE_MS = 120_000;

/**
 * Sends purchases at their instants, however long the answers take, and asks for the customer of each, as of its
 * position, until the view shows it.
 * @throws {Error} when one is not accepted, or not shown in two minutes
 */
export async function sendOpenLoop({
  writeUrl,
  readUrl,
  perSecond,
  until,
  next,
}: OpenLoopOptions): Promise<readonly Shown[]> {
  const start = performance.now();
  const shown: Promise<Shown>[] = [];
  while (!until()) {
    const early = start + (shown.length * 1_000) / perSecond - performance.now();
    if (early > 1) await delay(early);
    const one = sendOne(writeUrl, readUrl, next());
    // Awaited with all others.
    one.catch(() => undefined);
    shown.push(one);
  }
  return Promise.all(shown);
}

async function sendOne(writeUrl: string, readUrl: string, body: string): Promise<Shown> {
  const headers = { 'content-type': 'application/json' };
  let answer = await fetch(`${writeUrl}/v1/purchases`, { method: 'POST', headers, body });
  let text = await answer.text();
  // Too much is at work: as a publisher does, again.
  for (const askedAt = performance.now(); answer.status === 503 && performance.now() - askedAt < PATIENCE_MS; ) {
    await delay(AGAIN_MS);
    answer = await fetch(`${writeUrl}/v1/purchases`, { method: 'POST', headers, body });
    text = await answer.text();
  }
  const acceptedAt = performance.now();
  if (answer.status !== 202) throw new Error(`a purchase was answered ${answer.status}: ${text}`);
  const { customerId, position } = JSON.parse(text) as { readonly customerId: string; readonly position: string };
  for (;;) {
    const view = await fetch(`${readUrl}/v1/customers/${customerId}`, { headers: { 'tenure-min-position': position } });
    const found = await view.text();
    const at = performance.now();
    if (view.status === 200) return { ms: at - acceptedAt, at };
    // Behind, or busy.
    if (view.status !== 504 && view.status !== 503) throw new Error(`a view was answered ${view.status}: ${found}`);
    if (at - acceptedAt > PATIENCE_MS) throw new Error(`a purchase is not shown after ${PATIENCE_MS} ms`);
    await delay(AGAIN_MS);
  }
}
