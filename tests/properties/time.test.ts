import type { StoredEvent } from '@tenure/event-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { customerIdOf, iso, type Key } from '../support/arrivals.ts';
import { checkRecorded } from '../support/check-recorded.ts';
import { type Body, type Running, start } from '../support/running.ts';
import { dayMs, noon } from './histories.ts';

const ann: Key = { source: 'shop', key: 'ann' };

let running: Running;
beforeEach(async () => {
  running = await start({ now: iso(noon(0)) });
});
afterEach(() => running.stop());

const buy = (day: number, amountMinor: number) =>
  running.post('/v1/purchases', {
    source: 'shop',
    orderId: `order-${day}`,
    occurredAt: iso(noon(day)),
    customer: ann,
    currency: 'GBP',
    lines: [{ lineId: '1', productId: 'tea', quantity: 1, amountMinor }],
  });

/** What time alone led to, without anybody asking: type, when it became true, and when it was recorded. */
const ofTime = (events: readonly StoredEvent[]): readonly Body[] =>
  events
    .filter(({ metadata }) => metadata.causationId.startsWith('timer:'))
    .map(({ type, occurredAt, recordedAt, data }) => ({ type, occurredAt, recordedAt, to: (data as Body).to }))
    .sort((left, right) => left.occurredAt - right.occurredAt);

async function expectRecorded(): Promise<void> {
  expect(checkRecorded(await running.events(), running.clock.now()).faults).toEqual([]);
}

it('I11: moves stages, reviews tiers and lets points expire, to the millisecond, with no request made', async () => {
  await buy(0, 60_000);
  await running.idle();
  const due = [
    { type: 'StageChanged', day: 90, to: 'at-risk' },
    { type: 'StageChanged', day: 180, to: 'churned' },
    { type: 'TierChanged', day: 365, to: 'none' },
    { type: 'PointsExpired', day: 730 },
  ];
  const expected: Body[] = [];
  for (const { type, day, to } of due) {
    running.clock.set(noon(day) - 1);
    await running.idle();
    expect(ofTime(await running.events()), `a moment before day ${day}`).toEqual(expected);
    running.clock.set(noon(day));
    await running.idle();
    expected.push({ type, occurredAt: noon(day), recordedAt: noon(day), to });
    expect(ofTime(await running.events()), `on day ${day}`).toEqual(expected);
    await expectRecorded();
  }
  const { body } = await running.get(`/v1/customers/${customerIdOf(ann)}`);
  expect(body).toMatchObject({ stage: 'churned', stageSince: iso(noon(180)), tier: 'none', points: 0, recency: 730 });
  expect(body.tierSince).toBe(iso(noon(365)));
});

it('I11: dates what fell due while nobody was there by when it became true', async () => {
  await buy(0, 300_000);
  await running.idle();
  running.clock.advance(3_000 * dayMs);
  await running.idle();
  const at = noon(3_000);
  expect(ofTime(await running.events())).toEqual([
    { type: 'StageChanged', occurredAt: noon(90), recordedAt: at, to: 'at-risk' },
    { type: 'StageChanged', occurredAt: noon(180), recordedAt: at, to: 'churned' },
    { type: 'TierChanged', occurredAt: noon(365), recordedAt: at, to: 'none' },
    { type: 'PointsExpired', occurredAt: noon(730), recordedAt: at, to: undefined },
  ]);
  await expectRecorded();
});

it('I11: keeps a tier at its review while the points are there, and looks again a year later', async () => {
  await buy(0, 300_000);
  running.clock.set(noon(300));
  await buy(300, 60_000);
  await running.idle();
  running.clock.set(noon(2_000));
  await running.idle();
  const tiers = (await running.events()).filter(({ type }) => type === 'TierChanged');
  const steps = tiers.map(({ data, occurredAt }) => {
    const { from, to, reason } = data as Body;
    return `${from} ${to} ${reason} ${(occurredAt - noon(0)) / dayMs}`;
  });
  expect(steps).toEqual(['none gold earned 0', 'gold silver review 365', 'silver none review 730']);
  await expectRecorded();
});
