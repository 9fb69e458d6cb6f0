import type { StoredEvent } from '@tenure/event-store';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { customersTierTransitions, type Fact, transitions } from '../oracle/index.ts';
import { factsOf } from '../oracle/people.ts';
import { customerIdOf, iso, type Key, toldKey } from '../support/arrivals.ts';
import { checkRecorded } from '../support/check-recorded.ts';
import { type HttpSystem, startHttpSystem } from '../support/http-system.ts';
import { randomised, randomisedMs } from '../support/randomised.ts';
import type { Body } from '../support/running.ts';
import { standingOf } from '../support/standing.ts';
import { dayMs, historyDrafts, historyOf, noon } from './histories.ts';

const zone = 'America/New_York';

let system: HttpSystem;
/** Everybody who has come so far, and what was told about them. */
const keys: Key[] = [];
const told: Fact[] = [];
let runs = 0;
beforeAll(async () => {
  system = await startHttpSystem({ now: iso(noon(2_000)), env: { TENURE_ZONE: zone } });
}, 120_000);
afterAll(() => system?.stop());

const plays = fc.record({
  draft: historyDrafts(16),
  /** Facts come as they happen, and time goes on in between; or all of them afterwards. */
  asItHappens: fc.boolean(),
  /** The publishers' clocks go ahead of ours. */
  aheadMs: fc.constantFrom(0, 0, 20 * 3_600_000),
  jumps: fc.array(fc.constantFrom(1, 90 * dayMs, 91 * dayMs, 400 * dayMs, 731 * dayMs), { maxLength: 3 }),
});

it(
  'I5, I11, I23: what is served, what is replayed and what stands recorded are one, while facts come and time goes on',
  async () => {
    await fc.assert(
      fc.asyncProperty(plays, async ({ draft, asItHappens, aheadMs, jumps }) => {
        const { clock } = system;
        const later = clock.now() - noon(asItHappens ? 0 : 1_600);
        const { spread } = draft;
        const history = historyOf({ ...draft, spread: { ...spread, inOrder: asItHappens } }, `r${++runs}`, later);
        keys.push(...history.keys);
        for (const [index, arrival] of history.arrivals.entries()) {
          if (arrival.at !== null && arrival.at - aheadMs > clock.now()) clock.set(arrival.at - aheadMs);
          clock.advance(arrival.waitMs);
          const { status } = await system.call(arrival.call);
          expect(status).toBeLessThan(500);
          if (status === 202) told.push(...arrival.told);
          if (asItHappens && index % 5 === 4) await expectOneWord();
        }
        await expectOneWord();
        for (const jump of jumps) {
          clock.advance(jump);
          await expectOneWord();
        }
      }),
      { ...randomised(10, 100), endOnFailure: true },
    );
  },
  randomisedMs,
);

async function expectOneWord(): Promise<void> {
  await system.idle();
  const now = system.clock.now();
  const events = await system.events();
  const expected = new Map<string, Moves>();
  for (const key of keys.slice(-12)) {
    const [served, replayed] = [await view(key, {}), await view(key, { asOf: iso(now), knownAt: iso(now) })];
    expect(served, 'I5: the document and the replay').toEqual(replayed);
    if (served.status !== 200) continue;
    // What lies ahead is recorded when it comes, too.
    const until = factsOf(told, toldKey(key)).reduce((last, { occurredAt }) => Math.max(last, occurredAt), now);
    expected.set(served.body.id, {
      stages: transitions(told, toldKey(key), until, { zone }).map(({ to, at }) => `${to} ${iso(at)}`),
      tiers: customersTierTransitions(told, toldKey(key), until).map(({ to, at }) => `${to} ${iso(at)}`),
    });
  }
  const sales = { operationId: 'getSales' };
  const replayedSales = await system.call({ ...sales, query: { asOf: iso(now), knownAt: iso(now) } });
  expect((await system.call(sales)).body, 'I5: sales and sales as of now').toEqual(replayedSales.body);

  const { faults, needless } = checkRecorded(events, now, zone);
  expect(faults, 'I23: what stands recorded and what is derived').toEqual([]);
  expect(needless, 'restatements of a past that did not change').toEqual([]);
  for (const [id, moves] of expected) {
    const recorded = standingMoves(events.filter(({ customerId }) => customerId === id));
    expect(recorded, 'I11: as time moved them, and the second reckoning').toEqual(moves);
  }
}

async function view(key: Key, query: Record<string, string>): Promise<{ status: number; body: Body }> {
  const { status, body } = await system.call({ operationId: 'getCustomer', params: { id: customerIdOf(key) }, query });
  return { status, body: status === 200 ? body : null };
}

/** Into which stage or tier, and when. */
interface Moves {
  readonly stages: readonly string[];
  readonly tiers: readonly string[];
}

/** The moves that stand recorded; a tier that a review kept is no move. */
function standingMoves(events: readonly StoredEvent[]): Moves {
  const { stages, tiers } = standingOf(events);
  const moves = (lines: readonly string[]): readonly string[] =>
    lines.flatMap((line) => {
      const [from, , to, at] = line.split(' ');
      return from === to ? [] : [`${to} ${at}`];
    });
  return { stages: moves(stages), tiers: moves(tiers) };
}
