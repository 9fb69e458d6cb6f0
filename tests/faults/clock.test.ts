import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredEvent } from '@tenure/event-store';
import { afterEach, describe, expect, it } from 'vitest';
import { chanceFor } from '../support/chance.ts';
import { expectedView, shownView } from '../support/expected-view.ts';
import { contact, followUp, purchase, refund } from '../support/facts.ts';
import { foldEveryone, recordedOtherwise } from '../support/folded.ts';
import { type Running, start } from '../support/running.ts';

const dayMs = 86_400_000;
const opening = Date.parse('2026-01-01T00:00:00Z');
const day = (days: number): string => new Date(opening + days * dayMs).toISOString();

let running: Running | undefined;
afterEach(() => running?.stop());

describe('a clock that jumps', () => {
  const chance = chanceFor('I11');

  it('I11: recorded time never goes back, and every fact is where its content puts it', async () => {
    running = await start({ now: day(100) });
    for (let round = 0; round < 40; round++) {
      running.clock.set(opening + (100 + chance.between(-60, 60)) * dayMs + chance.below(dayMs));
      const facts = [1, 2, 3].map((n) => {
        const at = day(chance.between(0, 39) + chance.below(24) / 24);
        return purchase(`o${round}-${n}`, `K${chance.below(9)}`, at, chance.between(1, 90_000));
      });
      const answers = await running.batch(facts);
      expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    }
    await expectFolded(running, day(200));

    const recorded = (await running.events()).map(({ recordedAt }) => recordedAt);
    expect(recorded).toEqual(recorded.toSorted((left, right) => left - right));
  }, 60_000);

  it('I11: every timer fires once, whether the clock goes on, leaps ahead, or back', async () => {
    running = await start({ now: day(20) });
    const people = Array.from({ length: 30 }, (_, n) => `K${n}`);
    await running.batch(people.map((key, n) => purchase(`o-${key}`, key, day(n / 2))));
    await running.batch(people.map((key, n) => followUp(`f-${key}`, key, day(n / 2), day(25 + 7 * n))));
    let contacts = 0;
    for (const to of [100, 30, 112, 20, 250, 101, 60, 300]) {
      running.clock.set(opening + to * dayMs);
      // Something about everybody, so that all are looked at again at whatever time the clock says.
      await running.batch(people.map((key) => contact(`c${contacts++}`, key, day(19))));
      await running.idle();
    }
    await expectFolded(running, day(300));

    const events = await running.events();
    expect(ofType(events, 'StageRestated')).toEqual([]);
    const everyone = new Set(events.flatMap(({ customerId }) => customerId ?? []));
    for (const stage of ['at-risk', 'churned']) {
      const moved = ofType(events, 'StageChanged').filter(({ data }) => (data as { to: string }).to === stage);
      expect(moved.length).toBe(people.length);
      expect(new Set(moved.map(({ customerId }) => customerId))).toEqual(everyone);
    }
    const missed = ofType(events, 'FollowUpMissed').map(({ occurredAt }) => new Date(occurredAt).toISOString());
    expect(missed).toEqual(people.map((_, n) => day(25 + 7 * n)));
  }, 60_000);

  it('I11: what does not fall due any more leaves no timer, though a process ended in between', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tenure-timer-'));
    try {
      const before = await start({ now: day(1), directory });
      await before.batch([purchase('o1', 'K1', day(1)), purchase('o2', 'K2', day(1))]);
      await before.settled();
      await before.stop();
      running = await start({ now: day(2), directory });
      await running.batch([refund('r1', 'o1', 'K1', day(0)), refund('r2', 'o2', 'K2', day(2))]);
      await running.settled();
      // Long after the points would have expired.
      await expectFolded(running, day(800));
    } finally {
      await running?.stop();
      running = undefined;
      rmSync(directory, { recursive: true, force: true });
    }
  }, 60_000);

  it('I11: after a year of silence all that fell due is done, in the order in which it did', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tenure-pause-'));
    const people = chance.shuffled(Array.from({ length: 40 }, (_, n) => `K${n}`));
    // Others than those who bought: what one timer does is the occasion to look at all of the customer.
    const visited = people.map((key) => `V${key}`);
    try {
      const before = await start({ now: day(31), directory });
      await before.batch(people.map((key) => purchase(`o-${key}`, key, day(chance.below(30_000) / 1_000), 60_000)));
      const dueAt = (): string => day(32 + chance.below(300_000) / 1_000);
      await before.batch(visited.map((key) => followUp(`f-${key}`, key, day(30), dueAt())));
      await before.settled();
      await before.stop();

      running = await start({ now: day(31 + 365), directory });
      await expectFolded(running, day(31 + 365));
      const events = await running.events();
      const changes = ofType(events, 'StageChanged').filter(
        ({ data }) => (data as { reason: string }).reason === 'silent',
      );
      expect(changes.length).toBe(2 * people.length);
      for (const own of Map.groupBy(changes, ({ customerId }) => customerId).values()) expectInOrder(own);
      expectInOrder(firstOfEach(changes));
      expectInOrder(
        firstOfEach(ofType(events, 'TierChanged').filter(({ occurredAt }) => occurredAt > opening + 31 * dayMs)),
      );
      expect(ofType(events, 'FollowUpMissed').length).toBe(visited.length);
      expectInOrder(ofType(events, 'FollowUpMissed'));
    } finally {
      await running?.stop();
      running = undefined;
      rmSync(directory, { recursive: true, force: true });
    }
  }, 60_000);
});

/** At an instant, once all has been done that falls due by then, customers and what is recorded are as the log says. */
async function expectFolded({ clock, store, get, events, idle }: Running, at: string): Promise<void> {
  clock.set(Date.parse(at));
  await idle();
  const log = await events();
  const everyone = await foldEveryone(store, log, clock.now());
  expect(everyone.size).toBeGreaterThan(0);
  for (const [id, { state, ids }] of everyone) {
    expect(shownView((await get(`/v1/customers/${id}`)).body)).toEqual(expectedView(state, ids));
  }
  expect(recordedOtherwise(everyone, log), 'I23: recorded otherwise than derived').toEqual([]);
}

function ofType(events: readonly StoredEvent[], wanted: string): readonly StoredEvent[] {
  return events.filter(({ type }) => type === wanted);
}

function firstOfEach(events: readonly StoredEvent[]): readonly StoredEvent[] {
  return [...Map.groupBy(events, ({ customerId }) => customerId).values()].flatMap((own) => own.slice(0, 1));
}

function expectInOrder(events: readonly StoredEvent[]): void {
  const instants = events.map(({ occurredAt }) => occurredAt);
  expect(instants).toEqual(instants.toSorted((left, right) => left - right));
}
