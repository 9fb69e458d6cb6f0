import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CustomerView, everyoneAt, everyonesTransitions } from './customer.ts';
import { type Fact, totalMinor } from './facts.ts';
import { readCdnow } from './read-cdnow.ts';
import { readOnlineRetail } from './read-online-retail.ts';
import { sales } from './sales.ts';

const folder = process.env.TENURE_TEST_DATA;
const data = (file: string) => resolve(folder ?? '', file);
if (folder === undefined) process.stderr.write('SKIPPED: the real data files, because TENURE_TEST_DATA is not set\n');
else if (!existsSync(folder)) throw new Error(`TENURE_TEST_DATA names a folder that does not exist: ${folder}`);

const MARCH = Date.parse('2011-03-01T00:00:00Z');
const SEPTEMBER = Date.parse('2011-09-01T00:00:00Z');

function count(values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe.skipIf(folder === undefined)('Online Retail, December 2010 to February 2011', () => {
  let facts: Fact[];
  let march: Map<string, CustomerView>;
  beforeAll(() => {
    facts = readOnlineRetail(data('online-retail-2010-12_2011-02.csv.gz'));
    march = everyoneAt(facts, MARCH);
  });
  const total = (pick: (view: CustomerView) => number) =>
    [...march.values()].reduce((sum, view) => sum + pick(view), 0);

  it('I22: sells to the penny what the file says', () => {
    expect(sales(facts)).toEqual({
      GBP: {
        orders: 4089,
        refunds: 805,
        lines: 103_431,
        refundLines: 1904,
        anonymousLines: 36_210,
        grossMinor: 203_874_259,
        refundedMinor: 23_172_266,
        netMinor: 180_701_993,
        buyers: 1682,
        customers: 1749,
      },
    });
  });

  it('has the traps that it is known for', () => {
    const purchases = facts.filter((fact) => fact.kind === 'purchase');
    const refunded = [...march.values()].filter(({ lastPurchaseAt }) => lastPurchaseAt === null);
    expect(purchases.filter((purchase) => totalMinor(purchase) === 0)).toHaveLength(344);
    expect(refunded).toHaveLength(67);
    expect(purchases.find(({ id }) => id === '542806')?.lines).toHaveLength(39);
    const instants = Object.values(
      count(
        facts.flatMap((fact) =>
          'occurredAt' in fact && fact.customer !== null ? [`${fact.customer} ${fact.occurredAt}`] : [],
        ),
      ),
    );
    expect(instants.filter((together) => together > 1)).toHaveLength(36);
  });

  it('has its customers in these stages and tiers on 1 March 2011', () => {
    const views = [...march.values()];
    expect(count(views.map(({ stage }) => stage))).toEqual({ potential: 67, new: 1060, active: 531, loyal: 91 });
    expect(count(views.map(({ tier }) => tier))).toEqual({ gold: 121, silver: 560, none: 1068 });
    expect(count(views.map((view) => view.class))).toEqual({ existing: 1682, potential: 67 });
  });

  it('earns these points by 1 March 2011', () => {
    expect(total(({ earned }) => earned)).toBe(1_587_707);
    expect(total(({ takenBack }) => takenBack)).toBe(111_137);
    expect(total(({ points }) => points)).toBe(1_476_570);
    expect(total(({ lots }) => lots.reduce((sum, { remaining }) => sum + remaining, 0))).toBe(1_476_570);
    expect(total(({ debt }) => debt)).toBe(0);
  });

  it.each([
    ['12346', 0, 1, 0, 'new', '2011-01-18T10:01:00.000Z', 'none'],
    ['14213', -119_220, 0, 0, 'potential', '2010-12-03T09:47:00.000Z', 'none'],
    ['17850', 528_863, 34, 5277, 'active', '2010-12-02T08:32:00.000Z', 'gold'],
    ['18109', 119_077, 6, 1189, 'loyal', '2011-01-18T13:15:00.000Z', 'silver'],
    ['14646', 5_782_102, 10, 57_817, 'loyal', '2011-01-20T09:54:00.000Z', 'gold'],
  ])('knows customer %s on 1 March 2011', (customer, spend, frequency, points, stage, since, tier) => {
    const view = march.get(customer);
    expect(view).toMatchObject({ spend: { GBP: spend }, frequency, points, stage, tier });
    expect(new Date(view?.stageSince ?? 0).toISOString()).toBe(since);
  });

  it('moves its customers through the stages', () => {
    const moves = (until: number) => count([...everyonesTransitions(facts, until).values()].flat().map(({ to }) => to));
    expect(moves(MARCH)).toEqual({ new: 1682, active: 622, loyal: 91 });
    expect(moves(SEPTEMBER)).toEqual({ new: 1682, active: 622, loyal: 91, 'at-risk': 1682, churned: 1682 });
  });

  it('gives the same whatever the order of the facts', () => {
    expect(everyoneAt(facts.toReversed(), MARCH)).toEqual(march);
  });
});

describe.skipIf(folder === undefined)('CDNOW, the sample', () => {
  it('I22: sells to the cent what the file says', () => {
    const facts = readCdnow(data('cdnow-sample.txt'));
    expect(sales(facts).USD).toMatchObject({ orders: 6919, buyers: 2357, netMinor: 24_409_194 });
    expect(new Set(facts.map(({ id }) => id)).size).toBe(6919);
    expect(new Set(facts.map(({ customer, occurredAt }) => `${customer} ${occurredAt}`)).size).toBe(6696);
  });
});
