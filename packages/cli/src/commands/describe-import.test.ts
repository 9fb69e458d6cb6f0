import { expect, it } from 'vitest';
import { describeImport, isComplete } from './describe-import.ts';

const summary = {
  file: 'sales.csv',
  source: 'shop',
  session: 's',
  rows: 12_345,
  orders: 1,
  refunds: 2,
  lines: 12_000,
  refundLines: 345,
  anonymousLines: 0,
  currencies: [
    { currency: 'EUR', grossMinor: 123_456_789, refundedMinor: 5, netMinor: -5 },
    { currency: 'JPY', grossMinor: 1500, refundedMinor: 0, netMinor: 1500 },
  ],
  outcomes: { new: 1, repeated: 2, conflicts: 0, rejected: 0, failed: 0 },
  parked: { rows: 0, file: null, reasons: [], examples: [] },
  unmappedColumns: ['till', 'clerk'],
  seconds: 1.23,
};

it('tells an outcome in the units of people', () => {
  expect(describeImport(summary)).toEqual([
    'sales.csv: 12,345 rows in 1.2 s, source shop',
    '  1 order with 12,000 lines, 2 refunds with 345 lines; 0 lines without a customer',
    '       gross         refunded  net',
    '  EUR  1,234,567.89  0.05      -0.05',
    '  JPY  1,500         0         1,500',
    'Sent: 1 new, 2 there already, 0 there with other content, 0 rejected.',
    'Columns that the map does not use: till, clerk',
  ]);
});

it('is complete only when everything is in the store', () => {
  expect(isComplete(summary)).toBe(true);
  for (const outcome of ['conflicts', 'rejected', 'failed'] as const) {
    expect(isComplete({ ...summary, outcomes: { ...summary.outcomes, [outcome]: 1 } })).toBe(false);
  }
  const parked = { rows: 1, file: 'x', reasons: [{ reason: 'bad', rows: 1 }], examples: [] };
  expect(isComplete({ ...summary, parked })).toBe(false);
});
