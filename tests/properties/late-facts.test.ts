import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredEvent } from '@tenure/event-store';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Arrival, customerIdOf, iso, type Key } from '../support/arrivals.ts';
import { checkRecorded } from '../support/check-recorded.ts';
import { randomised, randomisedMs } from '../support/randomised.ts';
import { type Body, type Running, start, until } from '../support/running.ts';
import { dayMs, historyDrafts, historyOf, noon } from './histories.ts';

const derivations = /^(Stage|Points|Tier|Loyalty)/;
const isDerivation = ({ type }: StoredEvent): boolean => derivations.test(type);

const line = ({ call }: Arrival): object | undefined => {
  const types: Readonly<Record<string, string>> = {
    recordPurchase: 'purchase',
    recordRefund: 'refund',
    recordContact: 'contact',
    scheduleFollowUp: 'follow-up',
    inviteToSurvey: 'survey',
    answerSurvey: 'survey-response',
    fileComplaint: 'complaint',
  };
  const type = types[call.operationId];
  return type === undefined ? undefined : { type, ...(call.body as object) };
};

let sessions = 0;

async function openSession(running: Running): Promise<string> {
  const { body } = await running.post('/v1/imports', { name: 'old orders', fingerprint: `fingerprint-${++sessions}` });
  return body.id;
}

const close = (running: Running, session: string) => running.post(`/v1/imports/${session}/close`, {});

const purchase = (customer: Key, day: number, amountMinor = 1_000): Body => ({
  type: 'purchase',
  source: customer.source,
  orderId: `${customer.key}-${day}`,
  occurredAt: iso(noon(day)),
  customer,
  currency: 'GBP',
  lines: [{ lineId: '1', productId: 'tea', quantity: 1, amountMinor }],
});

const recordedOf = async (running: Running, customerId: string): Promise<readonly StoredEvent[]> =>
  (await running.events()).filter((event) => event.customerId === customerId && isDerivation(event));

const types = (events: readonly StoredEvent[]): readonly string[] => events.map(({ type }) => type);

async function expectRecorded(running: Running): Promise<void> {
  const { faults, needless, held } = checkRecorded(await running.events(), running.clock.now());
  expect({ faults, needless, held }).toEqual({ faults: [], needless: [], held: [] });
}

describe('a late fact', () => {
  let running: Running;
  let people = 0;
  beforeAll(async () => {
    running = await start({ now: iso(noon(60)) });
  });
  afterAll(() => running?.stop());

  /** What is recorded because of a fact that comes after others. */
  async function recordedBecauseOf(late: (customer: Key) => Body, before: readonly number[]) {
    const customer: Key = { source: 'shop', key: `person-${++people}` };
    await running.batch(before.map((day) => purchase(customer, day)));
    await running.idle();
    const earlier = await recordedOf(running, customerIdOf(customer));
    await running.batch([late(customer)]);
    await running.idle();
    await expectRecorded(running);
    return (await recordedOf(running, customerIdOf(customer))).slice(earlier.length);
  }

  it('restates the stages that it changes, from the first of them on', async () => {
    const [points, restated, ...others] = await recordedBecauseOf((customer) => purchase(customer, 5), [10, 40]);
    expect(points).toMatchObject({ type: 'PointsEarned', occurredAt: noon(5) });
    expect(restated).toMatchObject({
      type: 'StageRestated',
      data: {
        validFrom: iso(noon(5)),
        timeline: [
          { to: 'new', at: iso(noon(5)), cause: { kind: 'purchase' } },
          { to: 'active', at: iso(noon(10)) },
        ],
      },
    });
    expect(others).toEqual([]);
  });

  it('restates the tiers that it changes', async () => {
    const recorded = await recordedBecauseOf((customer) => purchase(customer, 5, 40_000), [10, 40]);
    expect(types(recorded)).not.toContain('LoyaltyRestated');
    const dear = await recordedBecauseOf((customer) => purchase(customer, 5, 60_000), [10, 40]);
    expect(types(dear)).toEqual(expect.arrayContaining(['PointsEarned', 'TierChanged', 'StageRestated']));
    const earlier = await recordedBecauseOf(
      (customer) => ({
        ...purchase(customer, 5, 50_000),
        type: 'refund',
        orderId: undefined,
        refundId: `${customer.key}-r`,
        originalOrderId: `${customer.key}-10`,
        lines: [{ lineId: '1', productId: 'tea', quantity: 1, amountMinor: 1_000 }],
      }),
      [10, 40],
    );
    // Dated before its purchase it takes effect with it: the stage that followed is another, the points are taken back.
    expect(types(earlier)).toEqual(expect.arrayContaining(['PointsTakenBack', 'StageRestated']));
  });

  it('that changes nothing of the past restates nothing', async () => {
    const sameDay = await recordedBecauseOf(
      (customer) => ({ ...purchase(customer, 40), orderId: 'again', occurredAt: iso(noon(40) - 1) }),
      [10, 40, 41],
    );
    expect(types(sameDay)).toEqual(['PointsEarned', 'StageRestated']);
    const later = await recordedBecauseOf((customer) => purchase(customer, 41), [10, 40, 50]);
    expect(types(later)).toEqual(['PointsEarned']);
    const contact = (customer: Key): Body => {
      const named = { source: 'desk', contactId: `${customer.key}-c`, occurredAt: iso(noon(1)), customer };
      return { type: 'contact', ...named, channel: 'phone', direction: 'in', kind: 'inquiry' };
    };
    expect(await recordedBecauseOf(contact, [10, 40])).toEqual([]);
  });
});

describe('an import session', () => {
  let directory: string;
  let running: Running;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tenure-late-'));
    running = await start({ now: iso(noon(1_600)), directory });
  });
  afterEach(async () => {
    await running.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function restart(): Promise<void> {
    const now = iso(running.clock.now());
    await running.stop();
    running = await start({ now, directory });
  }

  const ann: Key = { source: 'shop', key: 'ann' };
  const annAtTheApp: Key = { source: 'app', key: 'ann' };

  it('holds what is derived, timers too, until it closes, and restates nothing', async () => {
    const session = await openSession(running);
    await running.batch(
      [800, 100, 3, 90, 801, 2].map((day) => purchase(ann, day)),
      `?session=${session}`,
    );
    await running.settled();
    const ben: Key = { source: 'shop', key: 'ben' };
    await running.batch([purchase(ben, 1_590)]);
    await running.settled();
    running.clock.advance(200 * dayMs);
    // Whoever fell due before him has had their turn.
    await until(async () =>
      (await recordedOf(running, customerIdOf(ben))).some(({ occurredAt }) => occurredAt === noon(1_770)),
    );
    expect(await recordedOf(running, customerIdOf(ann))).toEqual([]);
    await close(running, session);
    await running.idle();
    await expectRecorded(running);
    const recorded = types(await recordedOf(running, customerIdOf(ann)));
    expect(recorded.filter((type) => type.endsWith('Restated'))).toEqual([]);
    expect(recorded.length).toBeGreaterThan(8);
  });

  it('holds also across restarts in the middle of it', async () => {
    const session = await openSession(running);
    await running.batch(
      [800, 3].map((day) => purchase(ann, day)),
      `?session=${session}`,
    );
    await running.settled();
    await restart();
    await running.batch([purchase(ann, 400)], `?session=${session}`);
    // A purchase of now, beside the import.
    await running.batch([purchase(ann, 1_599)]);
    await running.settled();
    expect(await recordedOf(running, customerIdOf(ann))).toEqual([]);
    await restart();
    await close(running, session);
    await running.idle();
    await expectRecorded(running);
    expect(types(await recordedOf(running, customerIdOf(ann))).filter((type) => type.endsWith('Restated'))).toEqual([]);
    await restart();
    await running.batch([purchase(ann, 1_600)]);
    await running.idle();
    await expectRecorded(running);
  });

  it('holds whoever it touches under a linked id, and under an id that becomes theirs', async () => {
    await running.batch([purchase(annAtTheApp, 1_500)]);
    await running.idle();
    const session = await openSession(running);
    await running.batch([purchase(ann, 800)], `?session=${session}`);
    await running.post(`/v1/customers/${customerIdOf(ann)}/links`, { customer: annAtTheApp });
    await running.batch(
      [3, 400].map((day) => purchase(ann, day)),
      `?session=${session}`,
    );
    await running.settled();
    const before = await recordedOf(running, customerIdOf(annAtTheApp));
    expect(types(before)).not.toContain('StageRestated');
    await close(running, session);
    await running.idle();
    await expectRecorded(running);
    // Old facts of somebody who was known already: one restatement, when all of them are there.
    const recorded = await recordedOf(running, customerIdOf(annAtTheApp));
    expect(types(recorded).filter((type) => type === 'StageRestated')).toHaveLength(1);
    expect(await recordedOf(running, customerIdOf(ann))).toEqual([]);
  });

  it('beside another holds whom both touch until both are closed', async () => {
    const [one, other] = [await openSession(running), await openSession(running)];
    await running.batch([purchase(ann, 800)], `?session=${one}`);
    await running.batch([purchase(ann, 400)], `?session=${other}`);
    await close(running, one);
    await running.batch([purchase(ann, 3)], `?session=${other}`);
    await running.settled();
    expect(await recordedOf(running, customerIdOf(ann))).toEqual([]);
    await close(running, other);
    await running.idle();
    await expectRecorded(running);
    expect(types(await recordedOf(running, customerIdOf(ann))).filter((type) => type.endsWith('Restated'))).toEqual([]);
  });

  it(
    'I23: restates nothing, whatever comes in it in whatever order; once it is closed all is recorded',
    async () => {
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(historyDrafts(25), fc.nat(25), async (draft, cut) => {
          const history = historyOf({ ...draft, spread: { ...draft.spread, inOrder: false } }, `i${++runs}`);
          const lines = history.arrivals.flatMap((arrival) => line(arrival) ?? []);
          const session = await openSession(running);
          const before = (await running.events()).length;
          for (const part of [lines.slice(0, cut), lines.slice(cut)]) {
            if (part.length > 0) await running.batch(part, `?session=${session}`);
            await running.settled();
          }
          const held = (await running.events()).slice(before);
          expect(held.filter(isDerivation)).toEqual([]);
          await close(running, session);
          await running.idle();
          await expectRecorded(running);
          const recorded = (await running.events()).slice(before);
          expect(recorded.filter(({ type }) => type.endsWith('Restated'))).toEqual([]);
        }),
        { ...randomised(8, 100), endOnFailure: true },
      );
    },
    randomisedMs,
  );
});
