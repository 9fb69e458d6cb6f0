import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyDraft } from '@tenure/contracts';
import {
  type CustomerState,
  calendarOf,
  defaultLifecycle,
  defaultPolicies,
  defaultProgramme,
  defaultSatisfaction,
  derive,
  type Policies,
  policiesFrom,
} from '@tenure/domain';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import { factsOfHistory, type Knowledge, readHistory } from '@tenure/runtime/views';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iso } from '../support/arrivals.ts';
import { type HttpSystem, startHttpSystem } from '../support/http-system.ts';
import { publishPolicy } from '../support/publish-policy.ts';
import { randomised, randomisedMs } from '../support/randomised.ts';
import type { Body } from '../support/running.ts';
import { allDocuments } from '../support/stored.ts';
import { whatIf } from '../support/what-if.ts';
import { type History, historyDrafts, historyOf, lastDay, noon } from './histories.ts';

const zone = 'Europe/Berlin';
const env = { TENURE_ZONE: zone };
const people = 10;

/** Histories with refunds, claims, links, answers and complaints, of some people each. */
const histories: readonly History[] = fc
  .sample(historyDrafts(30), { numRuns: people, seed: 20_261_123 })
  .map((draft, index) => historyOf(draft, `h${index}`));

/** What a customer is, as far as policies say it. */
interface Standing {
  readonly stage: string;
  readonly stageSince: string;
  readonly tier: string;
  readonly points: number;
  readonly satisfaction: number | null;
  readonly satisfactionBand: string | null;
  readonly modelStage: string | null;
}

let system: HttpSystem;
beforeAll(async () => {
  system = await startHttpSystem({ now: iso(noon(lastDay)), env });
  await send(system);
}, randomisedMs);
afterAll(() => system?.stop());

async function send(to: HttpSystem): Promise<void> {
  for (const { arrivals } of histories) {
    for (const { waitMs, call } of arrivals) {
      to.clock.advance(waitMs);
      await to.call(call);
    }
  }
  await to.idle();
}

// Under the usual policies everybody has churned by the day on which they are looked at, and all points are gone.
const { stages } = defaultLifecycle;
const quickLoyalty: PolicyDraft = {
  policy: 'lifecycle',
  stages: {
    ...stages,
    loyal: { purchaseDays: 2, withinDates: 400 },
    'at-risk': { silentDays: 5_000 },
    churned: { silentDays: 9_000 },
  },
};
const generous: PolicyDraft = {
  ...defaultProgramme,
  version: 2,
  points: {
    perUnit: { GBP: { points: 3, amountMinor: 100 }, USD: { points: 1, amountMinor: 50 } },
    expireAfterDays: 5_000,
  },
  tiers: [
    { tier: 'bronze', fromPoints: 20 },
    { tier: 'gold', fromPoints: 1_000 },
  ],
  review: { everyDays: 5_000 },
};
const strict: PolicyDraft = {
  ...defaultSatisfaction,
  version: 2,
  weights: { ...defaultSatisfaction.weights, complaint: 5 },
  bands: { high: 95, middle: 60 },
};

const days = fc.integer({ min: 1, max: 900 });
const drafts: fc.Arbitrary<PolicyDraft> = fc.oneof(
  fc.record({ active: fc.integer({ min: 2, max: 3 }), more: fc.nat(3), dates: days, risk: days, gone: days }).map(
    ({ active, more, dates, risk, gone }): PolicyDraft => ({
      policy: 'lifecycle',
      stages: {
        new: { orders: 1 },
        active: { purchaseDays: active },
        loyal: { purchaseDays: active + more, withinDates: dates + active + more },
        'at-risk': { silentDays: risk },
        churned: { silentDays: risk + gone },
      },
    }),
  ),
  fc
    .record({
      points: fc.integer({ min: 1, max: 9 }),
      from: fc.integer({ min: 1, max: 3_000 }),
      expire: days,
      review: days,
    })
    .map(
      ({ points, from, expire, review }): PolicyDraft => ({
        ...defaultProgramme,
        version: 2,
        points: { perUnit: { GBP: { points, amountMinor: 100 } }, expireAfterDays: expire },
        tiers: [
          { tier: 'member', fromPoints: from },
          { tier: 'gold', fromPoints: from * 4 },
        ],
        review: { everyDays: review },
      }),
    ),
  fc.record({ more: fc.integer({ min: 2, max: 4 }), dates: days, silent: days }).map(
    ({ more, dates, silent }): PolicyDraft => ({
      policy: 'lifecycle-model',
      model: 'growth',
      stages: [
        { stage: 'acquisition' },
        { stage: 'development', purchaseDays: 2 },
        { stage: 'maturity', purchaseDays: more, withinDates: dates + more },
        { stage: 'decline', silentDays: silent },
      ],
    }),
  ),
  fc.record({ complaint: fc.integer({ min: 0, max: 9 }), half: days, middle: fc.nat(60) }).map(
    ({ complaint, half, middle }): PolicyDraft => ({
      ...defaultSatisfaction,
      version: 2,
      weights: { ...defaultSatisfaction.weights, complaint },
      halfLifeDays: half,
      bands: { high: middle + 20, middle },
    }),
  ),
);

/** Everybody under some policies that have always held, folded here: no thread, no draft, no schedule. */
async function foldedUnder(policies: Policies, asOf: number, known: Knowledge): Promise<Map<string, Standing>> {
  const standings = new Map<string, Standing>();
  for (const { type, customerId } of await system.events()) {
    if (type !== 'CustomerRegistered' || customerId === null) continue;
    const history = await readHistory(system.store, customerId, known);
    const facts = history === undefined ? [] : factsOfHistory(history);
    const state = derive(facts, policies, calendarOf(zone), asOf);
    if (history !== undefined && state !== undefined) standings.set(history.canonicalId, standingOf(state));
  }
  return standings;
}

function standingOf({ stage, stageSince, account, satisfaction, satisfactionBand, model }: CustomerState): Standing {
  const { tier, balance: points } = account;
  const modelStage = model?.stage ?? null;
  return { stage, stageSince: iso(stageSince), tier, points, satisfaction, satisfactionBand, modelStage };
}

function policiesWith({ version = 2, ...draft }: PolicyDraft): Policies {
  const others = defaultPolicies.filter(({ policy }) => policy !== draft.policy);
  return policiesFrom([...others, { ...draft, version } as never]);
}

/** Everybody, as a system serves them. */
async function served(by: HttpSystem): Promise<Map<string, Standing>> {
  const { body } = await by.get('/v1/customers?limit=500');
  expect(body.nextCursor).toBeNull();
  return new Map(
    body.items.map(({ id, stage, stageSince, tier, points, satisfaction, satisfactionBand }: Body) => [
      id,
      { stage, stageSince, tier, points, satisfaction, satisfactionBand, modelStage: null },
    ]),
  );
}

/** What a result must say of a set of customers before and after. */
function expectComparison(result: Body, before: Map<string, Standing>, after: Map<string, Standing>): void {
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  expect(result.customers).toBe(before.size);
  const both = [...before].map(([id, one]) => ({ id, one, other: after.get(id) as Standing }));
  const shown = ({ stageSince: _, satisfaction: __, ...rest }: Standing) => rest;
  const movers = both.filter(({ one, other }) => JSON.stringify(shown(one)) !== JSON.stringify(shown(other)));
  expect(result.moved).toBe(movers.length);
  for (const field of ['stage', 'tier', 'satisfactionBand', 'modelStage'] as const) {
    const counts: Record<string, number> = {};
    for (const { one, other } of both) {
      const key = `${one[field] ?? 'none'} -> ${other[field] ?? 'none'}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    const found = result[field].map(({ from, to, customers }: Body) => [`${from} -> ${to}`, customers]);
    expect(Object.fromEntries(found), field).toEqual(counts);
    for (const { from, to, examples } of result[field]) {
      const own = movers
        .filter(({ one, other }) => (one[field] ?? 'none') === from && (other[field] ?? 'none') === to && from !== to)
        .toSorted((left, right) => (left.id < right.id ? -1 : 1));
      expect(examples.map(({ customerId, before: was, after: becomes }: Body) => [customerId, was, becomes])).toEqual(
        own.slice(0, 5).map(({ id, one, other }) => [id, one, other]),
      );
    }
  }
  const beside: Record<string, number> = {};
  for (const { stage, modelStage } of after.values()) {
    if (modelStage !== null) beside[`${stage} ${modelStage}`] = (beside[`${stage} ${modelStage}`] ?? 0) + 1;
  }
  const pairs = result.stageByModelStage.map(({ stage, modelStage, customers }: Body) => [
    `${stage} ${modelStage}`,
    customers,
  ]);
  expect(Object.fromEntries(pairs)).toEqual(beside);
  const balance = (of: Map<string, Standing>) => [...of.values()].reduce((sum, { points }) => sum + points, 0);
  expect([result.before.points, result.after.points]).toEqual([balance(before), balance(after)]);
  expect([result.points.more, result.points.fewer]).toEqual([
    both.filter(({ one, other }) => other.points > one.points).length,
    both.filter(({ one, other }) => other.points < one.points).length,
  ]);
  const inStage = (of: Map<string, Standing>, stage: string) =>
    [...of.values()].filter((standing) => standing.stage === stage).length;
  for (const [side, of] of [
    ['before', before],
    ['after', after],
  ] as const)
    for (const [stage, count] of Object.entries(result[side].stages))
      expect([side, stage, count]).toEqual([side, stage, inStage(of, stage)]);
}

/** All that is kept: every event, and every document with its guard. */
async function kept(): Promise<readonly string[]> {
  const views = system.views();
  const collections = ['customers', 'aliases', 'stage-histories', 'sales-facts', 'survey-answers', 'conflicts'];
  const documents = await Promise.all(collections.map((collection) => allDocuments(views, collection)));
  return [views.version, JSON.stringify(await system.events()), ...documents.map((of) => JSON.stringify(of))];
}

describe('what if', () => {
  it.each(defaultPolicies)('moves nobody under the $policy that is in force', async (draft) => {
    const before = await kept();
    const { status, result } = await whatIf(system, { draft });
    expect(status).toBe('done');
    expect(result).toMatchObject({ moved: 0, unreadable: { customers: 0 } });
    expect(result.customers).toBeGreaterThan(people);
    expect(result.before).toEqual(result.after);
    expect(await kept()).toEqual(before);
  });

  it.each([quickLoyalty, generous, strict])(
    'I5: says of the $policy what a system serves in which the draft has always held',
    async (draft) => {
      const directory = mkdtempSync(join(tmpdir(), 'tenure-what-if-'));
      const store = await openSqliteEventStore({ directory, now: () => noon(0) });
      await publishPolicy(store, { ...draft, version: 1 } as never, null, noon(0));
      await store.close();
      const other = await startHttpSystem({ now: iso(noon(lastDay)), env, directory });
      try {
        await send(other);
        const before = await kept();
        const { result } = await whatIf(system, { draft });
        expect(result.moved).toBeGreaterThan(0);
        expectComparison(result, await served(system), await served(other));
        expect(await kept()).toEqual(before);
      } finally {
        await other.stop();
        rmSync(directory, { recursive: true, force: true });
      }
    },
    randomisedMs,
  );

  it(
    'I5: of any draft, at any instant and knowledge, is the fold under the draft',
    async () => {
      let moved = 0;
      const recorded = (await system.events()).map(({ recordedAt }) => recordedAt);
      await fc.assert(
        fc.asyncProperty(drafts, fc.integer({ min: 0, max: 1_900 }), fc.nat(), async (draft, day, cut) => {
          const asOf = noon(day);
          const knownAt = recorded[cut % recorded.length] ?? 0;
          const { result } = await whatIf(system, { draft, asOf: iso(asOf), knownAt: iso(knownAt) });
          // Before the programs' own policies were published there is nothing to compare with, and no customer either.
          const before = await foldedUnder(policiesFrom(defaultPolicies), asOf, { knownAt });
          expectComparison(result, before, await foldedUnder(policiesWith(draft), asOf, { knownAt }));
          moved += result.moved;
        }),
        { ...randomised(10, 100), endOnFailure: true },
      );
      expect(moved).toBeGreaterThan(0);
    },
    randomisedMs,
  );
});
