import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Arrival, customerIdOf, fact, iso, type Key } from '../support/arrivals.ts';
import { type HttpSystem, startHttpSystem } from '../support/http-system.ts';
import { randomised, randomisedMs } from '../support/randomised.ts';
import type { Body } from '../support/running.ts';
import { type History, historyDrafts, historyOf, lastDay, noon } from './histories.ts';

const zone = 'Europe/Berlin';
const startAt = (instant: number): Promise<HttpSystem> =>
  startHttpSystem({ now: iso(instant), env: { TENURE_ZONE: zone } });

/** Something that was accepted, and when. */
interface Accepted {
  readonly arrival: Arrival;
  readonly recordedAt: number;
}

let full: HttpSystem;
let runs = 0;
beforeAll(async () => {
  full = await startAt(noon(lastDay));
}, randomisedMs);
afterAll(() => full?.stop());

/** Everybody is known from the beginning, so that links can be made whatever else is left out. */
const greeting = (customer: Key): Arrival =>
  fact(
    {
      type: 'contact',
      source: customer.source,
      contactId: `greeting ${customer.key}`,
      occurredAt: iso(noon(-10)),
      customer,
      channel: 'web',
      direction: 'in',
      kind: 'inquiry',
    },
    noon(-10),
  );

/** Lets a history arrive; returns what was accepted of it. */
async function arrive({ keys, arrivals }: History): Promise<readonly Accepted[]> {
  const accepted: Accepted[] = [];
  const greetings = keys.map((key) => ({ ...greeting(key), waitMs: 1 }));
  for (const arrival of [...greetings, ...arrivals]) {
    full.clock.advance(arrival.waitMs);
    const { status } = await full.call(arrival.call);
    if (status === 202) accepted.push({ arrival, recordedAt: full.clock.now() });
  }
  return accepted;
}

/** Sends what another system has accepted, at the same times or all of it at once. */
async function send(system: HttpSystem, accepted: readonly Accepted[], atItsTime: boolean): Promise<void> {
  for (const { arrival, recordedAt } of accepted) {
    if (atItsTime) system.clock.set(recordedAt);
    expect(await system.call(arrival.call)).toMatchObject({ status: 202 });
  }
  await system.settled();
}

/** What is shown of everybody, and sold in their shops, but for positions: what else a log holds is its own affair. */
async function shown(system: HttpSystem, { keys }: History, query: Record<string, string> = {}): Promise<Body> {
  const views: Body[] = [];
  for (const key of keys) {
    const call = { operationId: 'getCustomer', params: { id: customerIdOf(key) }, query };
    const { status, body } = await system.call(call);
    expect(status).toBe(200);
    const { position: _, ...rest } = body;
    views.push(rest);
  }
  return views;
}

const sales = async (system: HttpSystem, query: Record<string, string> = {}): Promise<Body> =>
  (await system.call({ operationId: 'getSales', query })).body.items;

const drawn = fc.record({
  day: fc.oneof(fc.integer({ min: 0, max: 150 }), fc.integer({ min: 0, max: 1_900 })),
  cut: fc.nat(40),
});

it(
  'I5: as of an instant, and of what was known, over HTTP as from a system of its own',
  async () => {
    await fc.assert(
      fc.asyncProperty(historyDrafts(22), drawn, async (draft, { day, cut }) => {
        // Sales are of everybody: each history stands alone in a system of its own.
        await full.stop();
        full = await startAt(noon(lastDay));
        const history = historyOf(draft, `w${++runs}`);
        const accepted = await arrive(history);
        await full.settled();
        const asOf = noon(day);
        const knownAt = accepted[cut % accepted.length]?.recordedAt ?? 0;
        const known = accepted.filter(({ recordedAt }) => recordedAt <= knownAt);

        const early = await startAt(accepted[0]?.recordedAt ?? 0);
        try {
          await send(early, known, true);
          early.clock.set(knownAt);
          const then = { asOf: iso(knownAt), knownAt: iso(knownAt) };
          const registered = { ...history, keys: history.keys.filter((key) => isRegistered(key, known)) };
          expect(await shown(full, registered, then), 'knownAt').toEqual(await shown(early, registered));
          expect(await sales(full, then), 'sales, knownAt').toEqual(await sales(early));
          const both = { asOf: iso(asOf), knownAt: iso(knownAt) };
          expect(await shown(full, registered, both), 'both').toEqual(
            await shown(early, registered, { asOf: iso(asOf) }),
          );
          expect(await sales(full, both), 'sales, both').toEqual(await sales(early, { asOf: iso(asOf) }));
        } finally {
          await early.stop();
        }

        const happened = accepted.filter(({ arrival: { at } }) => at === null || at <= asOf);
        if (isClaimedAhead(accepted, asOf)) return;
        const filtered = await startAt(asOf);
        try {
          await send(filtered, happened, false);
          expect(await shown(full, history, { asOf: iso(asOf) }), 'asOf').toEqual(await shown(filtered, history));
          expect(await sales(full, { asOf: iso(asOf) }), 'sales, asOf').toEqual(await sales(filtered));
        } finally {
          await filtered.stop();
        }
      }),
      { ...randomised(3, 40), endOnFailure: true },
    );
  },
  randomisedMs,
);

function isRegistered(key: Key, known: readonly Accepted[]): boolean {
  return known.some(({ arrival }) => arrival.registers.some((other) => customerIdOf(other) === customerIdOf(key)));
}

/** Whether a claim of a later purchase says whose an earlier refund is. */
function isClaimedAhead(accepted: readonly Accepted[], asOf: number): boolean {
  const told = accepted.flatMap(({ arrival }) => arrival.told);
  return accepted.some(
    ({ arrival: { at, told: claims } }) =>
      at !== null &&
      at > asOf &&
      claims.some(
        (claim) => claim.kind === 'claim' && told.some((one) => one.kind === 'refund' && one.original === claim.id),
      ),
  );
}
