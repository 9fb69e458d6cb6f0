import type { VerificationView, ViewDifference } from '@tenure/contracts';
import { describe, expect, it } from 'vitest';
import { describeVerification } from './describe-verification.ts';

const [ann, event] = ['a'.repeat(32), 'e'.repeat(32)];
const difference: ViewDifference = {
  collection: 'customers',
  document: ann,
  customerId: ann,
  kind: 'differs',
  fields: [{ field: 'points', served: -7, expected: 690 }],
  parted: { eventId: event, type: 'RefundRecorded', position: '0001', occurredAt: '2026-01-03T10:00:00.000Z' },
  healed: false,
};

function found(comparison: Partial<VerificationView['comparison']>): VerificationView {
  return {
    id: 'f'.repeat(32),
    actor: 'cli',
    startedAt: '2026-02-01T00:00:00.000Z',
    endedAt: '2026-02-01T00:00:01.000Z',
    progress: { position: '0001', percent: 100, events: 1, eventsPerSecond: 1, secondsLeft: 0 },
    comparison: { documents: 40, differences: 0, healed: 0, parked: 0, unsettled: 0, items: [], ...comparison },
    failure: null,
    sample: null,
    customers: null,
    heal: false,
    status: 'done',
    version: 'v1',
  };
}

describe('what a verification found', () => {
  it('is one line when everything is as the log says', () => {
    expect([...describeVerification(found({}))]).toEqual(['40 documents compared, 0 differ from the log.']);
  });

  it('names each difference with both values, whose it is and since when, and counts the others', () => {
    const sale = { ...difference, collection: 'sales-facts', document: '0007', kind: 'missing' as const, parted: null };
    const lines = [
      ...describeVerification(found({ differences: 3, parked: 1, unsettled: 2, items: [difference, sale] })),
    ];
    expect(lines).toEqual([
      '40 documents compared, 3 differ from the log.',
      '1 wait for somebody: tenure parked list.',
      '2 changed each time they were looked at: verify again.',
      `customers ${ann}: differs, since RefundRecorded ${event} of 2026-01-03T10:00:00.000Z`,
      '  points: -7 is served, 690 the log says',
      `sales-facts 0007 of customer ${ann}: missing`,
      '... and 1 more.',
    ]);
  });
});
