import type { EventStore, Position } from '@tenure/event-store';
import { IdKeyError } from './id-key.ts';
import type { Ids } from './ids.ts';

const LOOK_FOR_PURCHASE_EVENTS = 20_000;
const PAGE = 1_000;

/**
 * Checks by the log itself that ids are made with its key, where processes share it and none keeps the key's fingerprint:
 * a purchase's stream is named by one. A log without a purchase among its first events says nothing.
 * @throws {IdKeyError}
 */
export async function assertIdKeyOfLog(log: Pick<EventStore, 'readAllSealed'>, ids: Ids): Promise<void> {
  let after: Position | undefined;
  for (let looked = 0; looked < LOOK_FOR_PURCHASE_EVENTS; looked += PAGE) {
    const page = await log.readAllSealed({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    const purchase = page.find(({ type }) => type === 'PurchaseRecorded');
    if (purchase !== undefined) {
      const { source, orderId } = purchase.data as Record<string, unknown>;
      if (purchase.stream === ids.purchaseStream(String(source), String(orderId))) return;
      throw new IdKeyError('TENURE_ID_KEY is not the one of the log: every customer would get another id');
    }
    if (page.length < PAGE) return;
    after = page.at(-1)?.position;
  }
}
