import { setTimeout as delay } from 'node:timers/promises';
import { upcast } from '@tenure/contracts';
import { defaultLifecycle, evolveStages, type RecordedStages } from '@tenure/domain';
import type { StoredEvent } from '@tenure/event-store';
import { collectionsOf } from '@tenure/runtime/testing';
import { services } from '@tenure/standalone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyoneAt, everyonesTransitions } from '../oracle/index.ts';
import { type EnginesUnderTest, engineSets } from '../support/engines.ts';
import { publishedFact } from '../support/publish.ts';
import { type Fact, hasData, readOnlineRetail, retailFile } from '../support/retail.ts';
import { type Body, type Running, start, until } from '../support/running.ts';
import { allDocuments } from '../support/stored.ts';
import { whatIf } from '../support/what-if.ts';

const collections = collectionsOf(services.flatMap(({ views: own }) => (own === undefined ? [] : [own.definition])));
const march = '2011-03-01T00:00:00.000Z';
const september = '2011-09-01T00:00:00.000Z';
const instants = ['2011-01-01', '2011-02-01', '2011-03-01', '2011-04-15', '2011-06-01', '2011-09-01'];

/** Everything a customer view says that does not depend on when the log took what. */
function told({ position: _position, ...view }: Body): Body {
  return view;
}

function countTypes(events: readonly StoredEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of events) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** The stages that stand recorded, by customer. */
function standingStages(events: readonly StoredEvent[]): Map<string, RecordedStages> {
  const standing = new Map<string, RecordedStages>();
  for (const event of events) {
    if (event.type !== 'StageChanged' && event.type !== 'StageRestated') continue;
    const id = event.customerId ?? '';
    standing.set(id, evolveStages(standing.get(id) ?? [], upcast(event)));
  }
  return standing;
}

const askedAtOnce = 8;

async function views(running: Running, query = '', of = keys): Promise<Map<string, Body>> {
  const all = new Map<string, Body>();
  for (let start = 0; start < of.length; start += askedAtOnce) {
    const some = of.slice(start, start + askedAtOnce);
    const answers = await Promise.all(
      some.map((key) => running.get(`/v1/customers/by-key/online-retail/${key}${query}`)),
    );
    for (const [index, { status, body }] of answers.entries()) {
      all.set(some[index] ?? '', status === 404 ? null : told(body));
    }
  }
  return all;
}

/** The documents of a collection as JSON, without what depends on where and when the log took an event. */
async function documentsOf(running: Running, collection: string): Promise<readonly string[]> {
  const documents = (await allDocuments(running.views(), collection)).map(({ document }) => document);
  return documents
    .map(({ position: _position, recordedAt: _recordedAt, _id, ...document }) =>
      JSON.stringify(collection === 'sales-facts' ? document : { _id, ...document }),
    )
    .sort();
}

/** Resolves once time has moved everybody who ever bought. */
async function churned(running: Running, buyers: number): Promise<void> {
  await until(async () => {
    // The report takes its share of slow engines.
    await delay(500);
    return (await running.report('/v1/analytics/lifecycle')).body.counts.churned === buyers;
  });
  await running.settled();
}

const arrivals: readonly (readonly [string, (list: readonly Fact[]) => readonly Fact[]])[] = [
  ['permuted', (list) => permuted(list, 20110301)],
  ['in reverse', (list) => list.toReversed()],
];

let facts: readonly Fact[] = [];
let keys: readonly string[] = [];

describe.each(engineSets)('Online Retail, end to end ($name)', ({ missing, isFast, open }) => {
  const needed = hasData ? missing : 'TENURE_TEST_DATA';
  if (needed !== undefined) {
    it('answers as the data demands', (test) => test.skip(`it needs ${needed}`));
    return;
  }
  let engines: EnginesUnderTest;
  let running: Running;
  let inOrder: Map<string, Body>;

  beforeAll(async () => {
    facts = readOnlineRetail(retailFile);
    keys = [...new Set(facts.flatMap((fact) => ('customer' in fact && fact.customer !== null ? [fact.customer] : [])))];
    engines = await open();
    running = await start({ now: march, engines });
    const session = (await running.post('/v1/imports', { name: 'online-retail', fingerprint: 'f'.repeat(64) })).body.id;
    await running.publish(facts.map(publishedFact), `?session=${session}`);
    expect((await running.post(`/v1/imports/${session}/close`, {})).status).toBeLessThan(300);
    await running.settled();
    inOrder = await views(running);
  }, 1_200_000);
  afterAll(async () => {
    await running?.stop();
    await engines?.close();
  });

  it('says why: the rule, its policy, the numbers that met it, and the orders it stood on', async () => {
    const { body: customer } = await running.get('/v1/customers/by-key/online-retail/18109');
    const why = async (query: string) => (await running.get(`/v1/audit/customers/${customer.id}/why?${query}`)).body;
    const { explanation } = await why('field=stage');
    expect(explanation).toMatchObject({
      value: 'loyal',
      since: '2011-01-18T13:15:00.000Z',
      rule: 'loyal.frequency',
      policy: { name: 'lifecycle', version: 1 },
      numbers: { purchaseDays: 5, withinDates: 90 },
      words: { en: '5 purchase days in 90', zh: '90天内有5个购买日' },
      eventCount: 5,
    });
    expect(explanation.events.at(-1)).toMatchObject({
      id: '541486',
      source: 'online-retail',
      type: 'PurchaseRecorded',
    });
    const stages = (node: Body): string[] => [node.value, ...node.because.flatMap(stages)];
    expect(stages(explanation)).toEqual(['loyal', 'active', 'new', 'potential']);
    expect((await why('field=stage&asOf=2010-12-31T00:00:00Z')).explanation.value).not.toBe('loyal');
    expect((await why('field=points')).explanation.value).toBe(customer.points);
    expect((await why('field=spend')).explanation.because).toMatchObject([
      { value: customer.spend[0].amountMinor, numbers: { currency: 'GBP' } },
    ]);
  });

  it('I5: says what if loyal were from 4 purchase days, as the second reckoning does, and changes nothing', async () => {
    const before = { head: await running.store.head(), customers: await documentsOf(running, 'customers') };
    const { policy, stages } = defaultLifecycle;
    const draft = { policy, stages: { ...stages, loyal: { purchaseDays: 4, withinDates: 90 } } };
    const { status, result } = await whatIf(running, { draft, asOf: march });
    expect(status).toBe('done');

    const flows: Record<string, number> = {};
    const drafted = everyoneAt(facts, Date.parse(march), { loyalDays: 4 });
    for (const [key, { stage }] of everyoneAt(facts, Date.parse(march))) {
      const flow = `${stage} -> ${drafted.get(key)?.stage}`;
      flows[flow] = (flows[flow] ?? 0) + 1;
    }
    const moved = flows['active -> loyal'] ?? 0;
    expect(moved).toBeGreaterThan(0);
    const found = result.stage.map(({ from, to, customers }: Body) => [`${from} -> ${to}`, customers]);
    expect(Object.fromEntries(found)).toEqual(flows);
    expect(result).toMatchObject({ customers: 1749, moved, points: { more: 0, fewer: 0 } });
    expect(result.before).toMatchObject({
      stages: { potential: 67, new: 1060, active: 531, loyal: 91 },
      tiers: { none: 1068, silver: 560, gold: 121 },
      points: 1_476_570,
    });
    expect(result.after.stages).toMatchObject({ potential: 67, new: 1060, active: 531 - moved, loyal: 91 + moved });

    const [example] = result.stage.flatMap(({ examples }: Body) => examples);
    const { body: why } = await running.get(example.links.why);
    expect(why.explanation).toMatchObject({ value: 'active', policy: { version: 1 } });
    expect({ head: await running.store.head(), customers: await documentsOf(running, 'customers') }).toEqual(before);
  });

  it('says what changed between two instants, with the events that did it', async () => {
    const { body: customer } = await running.get('/v1/customers/by-key/online-retail/18109');
    const { body: diff } = await running.get(
      `/v1/audit/customers/${customer.id}/diff?from=2011-01-18T13:14:59Z&to=2011-01-18T13:15:00Z`,
    );
    expect(diff.changes).toContainEqual({ field: 'analytics.stage', before: 'active', after: 'loyal' });
    expect(diff.events.map(({ type }: Body) => type)).toContain('PurchaseRecorded');
    expect(diff.changes.every(({ before, after }: Body) => JSON.stringify(before) !== JSON.stringify(after))).toBe(
      true,
    );
  });

  it('I22: the log holds every fact once, and the stages that follow, each with cause and policy version', async () => {
    const events = await running.events();
    const counts = countTypes(events);
    expect(counts).toMatchObject({ PurchaseRecorded: 4089, RefundRecorded: 805, CustomerRegistered: 1749 });
    const standing = [...standingStages(events).values()].flat();
    const to = (stage: string): number => standing.filter((step) => step.to === stage).length;
    expect({ new: to('new'), active: to('active'), loyal: to('loyal') }).toEqual({ new: 1682, active: 622, loyal: 91 });
    expect(standing.every(({ cause, policyVersion }) => cause !== null && policyVersion === 1)).toBe(true);
  });

  it('I22: sales are those of the file, to the penny', async () => {
    const { body } = await running.report('/v1/analytics/sales');
    expect(body.items).toEqual([
      {
        currency: 'GBP',
        orders: 4089,
        refunds: 805,
        lines: 103431,
        refundLines: 1904,
        anonymousLines: 36210,
        grossMinor: 203874259,
        refundedMinor: 23172266,
        netMinor: 180701993,
        buyers: 1682,
        customers: 1749,
      },
    ]);
  });

  it('every customer is as the second reckoning says', () => {
    const expected = everyoneAt(facts, Date.parse(march));
    expect(expected.size).toBe(1749);
    for (const [key, view] of expected) {
      const shown = inOrder.get(key);
      expect({
        spend: shown.spend.map(({ amountMinor, currency }: Body) => [currency, amountMinor]),
        frequency: shown.frequency,
        purchaseDays: shown.purchaseDays,
        lastPurchaseAt: shown.lastPurchaseAt,
        customerSince: shown.customerSince,
        class: shown.class,
        stage: shown.stage,
        stageSince: shown.stageSince,
        points: shown.points,
        tier: shown.tier,
        tierSince: shown.tierSince,
      }).toEqual({
        spend: Object.entries(view.spend),
        frequency: view.frequency,
        purchaseDays: view.purchaseDays,
        lastPurchaseAt: iso(view.lastPurchaseAt),
        customerSince: iso(view.customerSince),
        class: view.class,
        stage: view.stage,
        stageSince: iso(view.stageSince),
        points: view.points,
        tier: view.tier,
        tierSince: iso(view.tierSince),
      });
    }
  });

  it('every document is that of the embedded engines, byte for byte but for positions', async () => {
    const other = await start({ now: march });
    try {
      await other.publish(facts.map(publishedFact));
      await other.settled();
      for (const { name } of collections) {
        expect(await documentsOf(running, name), name).toEqual(await documentsOf(other, name));
      }
    } finally {
      await other.stop();
    }
  }, 1_200_000);

  it('the same file again changes nothing', async () => {
    const before = (await running.events()).length;
    const results = await running.batch(facts.map(publishedFact));
    expect(results.every(({ status }) => status === 200)).toBe(true);
    expect((await running.events()).length).toBe(before);
  }, 1_200_000);

  it('time moves customers who do nothing, on the right second', async () => {
    running.clock.set(Date.parse(september));
    await churned(running, 1682);
    const events = await running.events();
    const recorded = new Map<string, string[]>();
    for (const [id, steps] of standingStages(events)) {
      recorded.set(
        id,
        steps.map(({ to, at }) => `${to} ${iso(at)}`),
      );
    }
    for (const [key, steps] of everyonesTransitions(facts, Date.parse(september))) {
      const id = inOrder.get(key).id;
      expect(recorded.get(id) ?? []).toEqual(steps.map(({ to, at }) => `${to} ${iso(at)}`));
    }
    const to = (stage: string): number =>
      [...recorded.values()].flat().filter((step) => step.startsWith(`${stage} `)).length;
    expect({ atRisk: to('at-risk'), churned: to('churned') }).toEqual({ atRisk: 1682, churned: 1682 });
    const restated = events.filter(({ type }) => type === 'StageRestated' || type === 'LoyaltyRestated');
    expect(restated).toEqual([]);
  }, 1_200_000);

  it.each(['', `&knownAt=${march}`])(
    'reports and lists as of 1 March are those of the file, later on (%s)',
    async (known) => {
      const asOf = `asOf=${march}${known}`;
      const stages = { potential: 67, new: 1060, active: 531, loyal: 91, 'at-risk': 0, churned: 0, 'won-back': 0 };
      expect((await running.report(`/v1/analytics/lifecycle?${asOf}`)).body.counts).toEqual(stages);
      const tiers = (await running.report(`/v1/analytics/tiers?${asOf}`)).body;
      expect(tiers.counts).toEqual({ none: 1068, silver: 560, gold: 121 });
      // Slow engines may not have the time to fold it.
      expect(isFast ? [1_476_570] : [1_476_570, null]).toContain(tiers.balance);
      const { body } = await running.get(`/v1/customers?stage=loyal&limit=500&${asOf}`);
      const loyal = [...inOrder.values()].filter(({ stage }) => stage === 'loyal');
      expect(body.items.map(told)).toEqual(loyal.sort((left, right) => (left.id < right.id ? -1 : 1)));
    },
    600_000,
  );

  // The slow ones take minutes for all of it: there some customers stand for all, and one order of arrival for both.
  it.each(isFast ? arrivals : arrivals.slice(0, 1))(
    'late facts: %s, every view, lot and standing stage is as in order',
    async (_, order) => {
      const some = isFast ? keys : keys.filter((_key, index) => index % 5 === 0);
      const isOfSome = (fact: Fact): boolean => 'customer' in fact && some.includes(fact.customer ?? '');
      const own = isFast ? facts : facts.filter(isOfSome);
      const expectedViews = new Map(some.map((key) => [key, inOrder.get(key)]));
      const other = await start({ now: march, engines });
      try {
        await other.publish(order(own).map(publishedFact));
        await other.settled();
        expect(await views(other, '', some)).toEqual(expectedViews);
        other.clock.set(Date.parse(september));
        await churned(other, [...expectedViews.values()].filter(({ stage }) => stage !== 'potential').length);
        const [standing, expected] = [standingStages(await other.events()), standingStages(await running.events())];
        const ids = [...expectedViews.values()].map(({ id }): string => id);
        expect(standing.size).toBe(ids.filter((id) => expected.has(id)).length);
        for (const [id, steps] of standing) expect(steps).toEqual(expected.get(id));
        for (const id of ids) {
          const { lots } = (await running.get(`/v1/loyalty/${id}`)).body;
          expect((await other.get(`/v1/loyalty/${id}`)).body.lots).toEqual(lots);
        }
        // Each is folded from the log.
        const folded = isFast ? keys : some.filter((_key, index) => index % 4 === 0);
        for (const asOf of instants) {
          const query = `?asOf=${asOf}T00:00:00Z`;
          expect(await views(other, query, folded)).toEqual(await views(running, query, folded));
        }
      } finally {
        await other.stop();
      }
    },
    1_800_000,
  );
});

function iso(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}

/** A permutation that a seed chooses (Fisher and Yates, with a linear congruential generator). */
function permuted<T>(list: readonly T[], seed: number): T[] {
  const result = [...list];
  let state = seed;
  for (let last = result.length - 1; last > 0; last--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (last + 1);
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
