import { expect, it } from 'vitest';
import { describeEvent } from './describe-event.ts';

it.each([
  [
    'PurchaseRecorded',
    { orderId: '1', currency: 'GBP', lines: [{ amountMinor: 1999 }, { amountMinor: 6 }] },
    'order 1: 2 lines, 20.05 GBP',
  ],
  ['PurchaseRecorded', { orderId: '1', currency: 'JPY', lines: [{ amountMinor: 500 }] }, 'order 1: 1 line, 500 JPY'],
  [
    'RefundRecorded',
    { refundId: 'r', originalOrderId: '1', currency: 'GBP', lines: [{ amountMinor: 5 }] },
    'refund r of order 1: 1 line, 0.05 GBP',
  ],
  [
    'StageChanged',
    { from: 'new', to: 'active', reason: 'second-purchase-day', cause: { kind: 'purchase', id: '2' } },
    'new -> active (second-purchase-day, by purchase 2)',
  ],
  ['StageChanged', { from: 'active', to: 'at-risk', reason: 'silent', cause: null }, 'active -> at-risk (silent)'],
  ['ContactRecorded', { channel: 'phone' }, '{"channel":"phone"}'],
  [
    'StageRestated',
    {
      validFrom: '2026-01-02T08:15:00.000Z',
      timeline: [
        { from: 'potential', to: 'new' },
        { from: 'new', to: 'active' },
      ],
      cause: { kind: 'purchase', source: 'web-shop', id: '1000' },
    },
    'from 2026-01-02T08:15:00.000Z on: potential -> new -> active, by purchase 1000',
  ],
])('%s in a few words', (type, data, words) => {
  expect(describeEvent({ type, data })).toBe(words);
});
