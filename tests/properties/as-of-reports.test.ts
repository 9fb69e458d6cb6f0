import { type CustomerState, calendarOf, defaultLifecycle, defaultProgramme, derive } from '@tenure/domain';
import { readPolicies } from '@tenure/runtime';
import { factsOfHistory, readHistory } from '@tenure/runtime/views';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iso } from '../support/arrivals.ts';
import { type EnginesUnderTest, engineSets } from '../support/engines.ts';
import { type HttpSystem, startHttpSystem } from '../support/http-system.ts';
import { publishPolicy } from '../support/publish-policy.ts';
import { randomised, randomisedMs } from '../support/randomised.ts';
import type { Body } from '../support/running.ts';
import { dayMs, historyDrafts, historyOf, lastDay, noon } from './histories.ts';

const zone = 'Europe/Berlin';
const calendar = calendarOf(zone);

const drawnLook = fc.record({
  near: fc.nat(100),
  offset: fc.constantFrom(0, 1, -1, dayMs, 90 * dayMs, 180 * dayMs, 365 * dayMs),
  known: fc.nat(100),
  isHindsight: fc.boolean(),
  alone: fc.constantFrom('asOf', 'knownAt', 'both', 'both'),
});

/** Published while facts arrive: after so many of them, and in force from a day on. */
const drawnPolicy = fc.option(fc.record({ after: fc.nat(40), day: fc.integer({ min: 0, max: 900 }) }), { freq: 2 });

async function publishOthers({ store, clock }: HttpSystem, day: number): Promise<void> {
  const { stages } = defaultLifecycle;
  const silent = { 'at-risk': { silentDays: 45 }, churned: { silentDays: 120 } };
  const lifecycle = { ...defaultLifecycle, version: 2, stages: { ...stages, ...silent } };
  const tiers = [
    { tier: 'silver', fromPoints: 200 },
    { tier: 'gold', fromPoints: 900 },
  ];
  await publishPolicy(store, lifecycle, noon(day), clock.now());
  await publishPolicy(store, { ...defaultProgramme, version: 2, tiers }, noon(day), clock.now());
}

/** Everybody as the pure fold of the log has them. */
async function everybody(
  { store, clock }: HttpSystem,
  asOf: number | undefined,
  knownAt: number | undefined,
): Promise<ReadonlyMap<string, CustomerState>> {
  const known = knownAt === undefined ? {} : { knownAt };
  const policies = await readPolicies(store, known);
  const states = new Map<string, CustomerState>();
  for (const { type, customerId } of await store.readAll({ limit: 5_000 })) {
    if (type !== 'CustomerRegistered' || customerId === null) continue;
    const history = await readHistory(store, customerId, known);
    if (history === undefined) continue;
    const state = derive(factsOfHistory(history), policies, calendar, asOf ?? clock.now());
    if (state !== undefined) states.set(history.canonicalId, state);
  }
  return states;
}

const countBy = <T>(items: Iterable<T>, keyOf: (item: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
};

const withoutZeros = (counts: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

async function expectAsFolded(system: HttpSystem, query: { asOf?: string; knownAt?: string }): Promise<void> {
  const ask = async (operationId: string, more: Record<string, string> = {}): Promise<Body> => {
    const { status, body } = await system.call({ operationId, query: { ...query, ...more } });
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const instantOf = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : Date.parse(text);
  const states = await everybody(system, instantOf(query.asOf), instantOf(query.knownAt));
  const all = [...states.values()];

  const lifecycle = await ask('getLifecycle');
  expect(withoutZeros(lifecycle.counts), 'stages').toEqual(countBy(all, ({ stage }) => stage));
  const moves = all.flatMap(({ transitions }) => transitions);
  expect(
    Object.fromEntries(lifecycle.flows.map(({ from, to, customers }: Body) => [`${from} ${to}`, customers])),
    'flows',
  ).toEqual(countBy(moves, ({ from, to }) => `${from} ${to}`));
  expect((await ask('getLifecycle', { parts: 'counts' })).counts).toEqual(lifecycle.counts);

  const tiers = await ask('getTiers');
  expect(withoutZeros(tiers.counts), 'tiers').toEqual(countBy(all, ({ account }) => account.tier));
  expect(tiers.balance).toBe(all.reduce((sum, { account }) => sum + account.balance, 0));

  const asked: readonly [Record<string, string>, (state: CustomerState) => boolean][] = [
    [{}, () => true],
    [{ stage: 'at-risk' }, ({ stage }) => stage === 'at-risk'],
    [{ tier: 'silver' }, ({ account }) => account.tier === 'silver'],
    [{ satisfactionBand: 'low' }, ({ satisfactionBand }) => satisfactionBand === 'low'],
    [{ filter: '{"frequency":{"$gte":2}}', sort: '-points' }, ({ frequency }) => frequency >= 2],
  ];
  for (const [filter, matches] of asked) {
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Body = await ask('listCustomers', { ...filter, limit: '2', ...(cursor === '' ? {} : { cursor }) });
      ids.push(...page.items.map(({ id }: Body) => id));
      cursor = page.nextCursor;
    }
    const expected = [...states].filter(([, state]) => matches(state)).map(([id]) => id);
    expect(ids.toSorted(), JSON.stringify(filter)).toEqual(expected.sort());
  }
}

describe.each(engineSets)('reports and lists ($name)', ({ missing, isFast, open }) => {
  if (missing !== undefined) {
    it('as of an instant', (test) => test.skip(`it needs ${missing}`));
    return;
  }
  let engines: EnginesUnderTest;
  let system: HttpSystem | undefined;
  let runs = 0;
  beforeAll(async () => {
    engines = await open();
  }, randomisedMs);
  afterAll(async () => {
    await system?.stop();
    await engines?.close();
  });

  it(
    'I5: as of any instant and any knowledge they say what the pure fold of the log says',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(historyDrafts(14), { minLength: 2, maxLength: 3 }),
          fc.array(drawnLook, { minLength: 6, maxLength: 6 }),
          fc.boolean(),
          drawnPolicy,
          async (drafts, looks, isIdle, policy) => {
            await system?.stop();
            system = await startHttpSystem({ now: iso(noon(lastDay)), env: { TENURE_ZONE: zone }, engines });
            const instants: number[] = [];
            const moments: number[] = [];
            let arrivals = 0;
            for (const draft of drafts) {
              for (const arrival of historyOf(draft, `r${++runs}`).arrivals) {
                system.clock.advance(arrival.waitMs);
                if (policy !== null && policy.after === arrivals++) await publishOthers(system, policy.day);
                if ((await system.call(arrival.call)).status !== 202) continue;
                moments.push(system.clock.now());
                if (arrival.at !== null) instants.push(arrival.at);
              }
            }
            // Else what time has brought is recorded in part.
            if (isIdle) await system.idle();
            else await system.settled();
            system.clock.advance(dayMs);
            for (const { near, offset, known, isHindsight, alone } of looks) {
              const moment = moments[known % Math.max(moments.length, 1)] ?? 0;
              const instant = (instants[near % Math.max(instants.length, 1)] ?? 0) + offset;
              const asOf = iso(Math.min(instant, system.clock.now()));
              const knownAt = iso(isHindsight ? Math.min(Math.max(moment, instant), system.clock.now()) : moment);
              await expectAsFolded(system, {
                ...(alone === 'knownAt' ? {} : { asOf }),
                ...(alone === 'asOf' ? {} : { knownAt }),
              });
            }
          },
        ),
        { ...(isFast ? randomised(12, 40) : { numRuns: 1 }), endOnFailure: true },
      );
    },
    isFast ? randomisedMs : 600_000,
  );
});
