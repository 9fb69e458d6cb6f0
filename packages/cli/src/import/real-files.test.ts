import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noProgress } from '../terminal/progress.ts';
import type { Fact } from './group-to-fact.ts';
import { importPurchases } from './import-purchases.ts';
import { loadMap } from './load-map.ts';

const folder = process.env.TENURE_TEST_DATA;
if (folder === undefined) process.stderr.write('SKIPPED: the real data files, because TENURE_TEST_DATA is not set\n');
else if (!existsSync(folder)) throw new Error(`TENURE_TEST_DATA names a folder that does not exist: ${folder}`);

async function read(name: string, map: string) {
  const facts: Fact[] = [];
  const summary = await importPurchases({
    file: resolve(folder ?? '', name),
    map: loadMap(map),
    source: undefined,
    parkedPath: undefined,
    progress: noProgress,
    connect: undefined,
    onFact: (fact) => facts.push(fact),
  });
  const customers = new Set(facts.flatMap((fact) => fact.customer?.key ?? []));
  const buyers = new Set(facts.flatMap((fact) => (fact.type === 'purchase' && fact.customer?.key) || []));
  return { facts, summary, customers, buyers };
}

describe.skipIf(folder === undefined)('real files', () => {
  it('I22: Online Retail is read to the penny', async () => {
    const { facts, summary, customers, buyers } = await read('online-retail-2010-12_2011-02.csv.gz', 'online-retail');
    expect(summary).toMatchObject({
      rows: 105_335,
      orders: 4089,
      refunds: 805,
      lines: 103_431,
      refundLines: 1904,
      anonymousLines: 36_210,
      currencies: [{ currency: 'GBP', grossMinor: 203_874_259, refundedMinor: 23_172_266, netMinor: 180_701_993 }],
      parked: { rows: 0 },
      unmappedColumns: ['Country'],
    });
    expect([buyers.size, customers.size]).toEqual([1682, 1749]);
    expect(customers).toContain('17850');
    const purchases = facts.filter((fact) => fact.type === 'purchase');
    // Lines of C542805 lie between its own.
    expect(purchases.find(({ orderId }) => orderId === '542806')?.lines).toHaveLength(39);
    const free = purchases.filter(({ lines }) => lines.reduce((sum, line) => sum + line.amountMinor, 0) === 0);
    expect(free).toHaveLength(344);
  });

  it('I22: CDNOW is read to the cent', async () => {
    const { facts, summary, buyers } = await read('cdnow-sample.txt', 'cdnow');
    expect(summary).toMatchObject({
      rows: 6919,
      orders: 6919,
      refunds: 0,
      currencies: [{ currency: 'USD', grossMinor: 24_409_194, refundedMinor: 0, netMinor: 24_409_194 }],
      parked: { rows: 0 },
      unmappedColumns: ['sampleCustomer'],
    });
    expect(buyers.size).toBe(2357);
    expect(new Set(facts.map((fact) => fact.type === 'purchase' && fact.orderId)).size).toBe(6919);
    expect(facts[0]).toEqual({
      type: 'purchase',
      source: 'cdnow',
      orderId: '00004-19970101-1',
      occurredAt: '1997-01-01T12:00:00.000Z',
      customer: { source: 'cdnow', key: '00004' },
      currency: 'USD',
      lines: [{ lineId: '1', productId: 'cd', quantity: 2, amountMinor: 2933 }],
    });
  });
});
