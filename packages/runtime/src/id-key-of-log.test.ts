import type { SealedEvent } from '@tenure/event-store';
import { expect, it } from 'vitest';
import { IdKeyError } from './id-key.ts';
import { assertIdKeyOfLog } from './id-key-of-log.ts';
import { createIds } from './ids.ts';

const ids = createIds(Buffer.alloc(32, 1));
const others = createIds(Buffer.alloc(32, 2));

/** A log of so many registrations, and then a purchase. */
const logOf = (before: number) => {
  const stream = ids.purchaseStream('shop', 'o-1');
  const events = Array.from({ length: before + 1 }, (_, n) => ({
    position: String(n).padStart(8, '0'),
    ...(n < before
      ? { type: 'CustomerRegistered', stream: `profile-${n}`, data: {} }
      : { type: 'PurchaseRecorded', stream, data: { source: 'shop', orderId: 'o-1' } }),
  })) as unknown as readonly SealedEvent[];
  return {
    readAllSealed: async ({ after = '', limit }: { after?: string; limit: number }) =>
      events.filter(({ position }) => position > after).slice(0, limit),
  };
};

it.each([0, 3_000])(
  'knows by a purchase after %d other events whether ids are made with the key of the log',
  async (before) => {
    await assertIdKeyOfLog(logOf(before), ids);
    await expect(assertIdKeyOfLog(logOf(before), others)).rejects.toThrow(IdKeyError);
  },
);

it('has nothing against a log that says nothing', async () => {
  await assertIdKeyOfLog({ readAllSealed: async () => [] }, others);
});
