import { expect, it } from 'vitest';
import { lastMove } from './document-moves.ts';
import type { RecordedEvent } from './recorded-event.ts';

const purchase = { source: 'shop', orderId: 'o-1' };

const event = (number: number, parts: Pick<RecordedEvent, 'type' | 'data' | 'customerId'>): RecordedEvent =>
  ({ occurredAt: 1_000, position: String(number), stream: 'purchase-1', ...parts }) as RecordedEvent;

const bought = event(1, {
  type: 'PurchaseRecorded',
  customerId: null,
  data: { ...purchase, currency: 'GBP', lines: [], contentHash: 'a' },
});
const claimed = event(2, {
  type: 'PurchaseClaimed',
  customerId: 'ann',
  data: { ...purchase, purchaseStream: 'purchase-1' },
});
const conflict = (number: number, customerId: string | null): RecordedEvent =>
  event(number, {
    type: 'FactConflictDetected',
    customerId,
    data: { kind: 'purchase', source: 'shop', id: 'o-1', contentHash: 'b' },
  });

it('I5: a conflict over a claimed purchase that nobody is told of moves no document, read from the log neither', () => {
  expect(lastMove([bought, claimed])).toBe('2');
  expect(lastMove([bought, claimed, conflict(3, null)])).toBe('2');
  expect(lastMove([bought, claimed, conflict(3, 'ann')])).toBe('3');
});
