import type { PolicyDocument } from '@tenure/contracts';
import { type CustomerState, calendarOf, defaultPolicies, derive } from '@tenure/domain';
import { eventId } from '@tenure/event-store';
import { customerStreams, readPolicies } from '@tenure/runtime';
import { factsOfHistory, type Knowledge, readHistory } from '@tenure/runtime/views';
import { expect } from 'vitest';
import type { Fact } from '../oracle/index.ts';
import { customerIdOf, type Key } from '../support/arrivals.ts';
import { type LogSystem, openLogSystem } from '../support/log-system.ts';
import { publishPolicy } from '../support/publish-policy.ts';
import { dayMs, type History, lastDay, noon } from './histories.ts';

export const zone = 'Europe/Berlin';
const calendar = calendarOf(zone);

/** One system that gets all of a history, and one that gets only the facts up to an instant. */
export interface Systems {
  readonly full: LogSystem;
  readonly filtered: LogSystem;
}

/** With the default policies, and a clock that shows a day on which everything has happened. */
export async function openSystems(): Promise<Systems> {
  const now = noon(lastDay);
  const systems = { full: await openLogSystem(now, zone), filtered: await openLogSystem(now, zone) };
  for (const document of defaultPolicies) await publishEverywhere(systems, document, null);
  return systems;
}

export async function publishEverywhere(
  { full, filtered }: Systems,
  document: PolicyDocument,
  effectiveFrom: number | null,
): Promise<void> {
  for (const { store, clock } of [full, filtered]) await publishPolicy(store, document, effectiveFrom, clock.now());
}

export async function closeSystems({ full, filtered }: Systems): Promise<void> {
  await full.close();
  await filtered.close();
}

/** What is shown of somebody. */
export interface Shown {
  readonly ids: readonly string[];
  readonly state: CustomerState;
}

/** The customer with a key as of an instant and of what was known, folded from the log. */
export async function shown(
  { store }: LogSystem,
  key: Key,
  asOf: number,
  known: Knowledge = {},
): Promise<Shown | undefined> {
  const history = await readHistory(store, customerIdOf(key), known);
  if (history === undefined) return undefined;
  const state = derive(factsOfHistory(history), await readPolicies(store, known), calendar, asOf);
  return state === undefined ? undefined : { ids: history.ids, state };
}

/** All of it that can be compared. */
export function comparable(said: Shown | undefined): object | undefined {
  if (said === undefined) return undefined;
  const { account, ...rest } = said.state;
  const { balance, debt, lots, entries, tier, tierSince, tierSteps, reviewAt, nextChangeAt } = account;
  return {
    ids: said.ids,
    ...rest,
    account: { balance, debt, lots, entries, tier, tierSince, tierSteps, reviewAt, nextChangeAt },
  };
}

/** What was seen of somebody's keys, in order, while their history was still arriving. */
export interface Look {
  readonly knownAt: number;
  readonly asOf: readonly (Shown | undefined)[];
  /** As of when it was seen. */
  readonly upToNow: readonly (Shown | undefined)[];
  /** As of `asOf`, by the system that gets no later facts. Undefined: it cannot know as much. */
  readonly filtered: readonly (Shown | undefined)[] | undefined;
  /** In the oracle's words, all that was accepted until then. */
  readonly told: readonly Fact[];
}

/**
 * Lets a history arrive and looks at what it comes to, now and then.
 * @param lookAfter numbers of arrivals, as chance has them
 * @param between called before each arrival
 */
export async function arrive(
  { full, filtered }: Systems,
  { keys, arrivals }: History,
  asOf: number,
  lookAfter: readonly number[],
  between: (index: number) => Promise<void> = async () => undefined,
): Promise<readonly Look[]> {
  const places = new Set([arrivals.length - 1, ...lookAfter.map((number) => number % arrivals.length)]);
  const looks: Look[] = [];
  const told: Fact[] = [];
  let isDue = false;
  for (const [index, arrival] of arrivals.entries()) {
    for (const { clock } of [full, filtered]) clock.advance(arrival.waitMs);
    await between(index);
    const { status } = await full.call(arrival.call);
    if (status === 202) {
      told.push(...arrival.told);
      if (arrival.at !== null && arrival.at > asOf) await makeKnown(filtered, arrival.registers);
      else expect(await filtered.call(arrival.call)).toMatchObject({ status: 202 });
    }
    isDue ||= places.has(index);
    // All that is recorded at one instant is known at it.
    if (!isDue || arrivals[index + 1]?.waitMs === 0) continue;
    isDue = false;
    const knownAt = full.clock.now();
    const seen = (system: LogSystem, instant: number) => Promise.all(keys.map((key) => shown(system, key, instant)));
    looks.push({
      knownAt,
      asOf: await seen(full, asOf),
      upToNow: await seen(full, knownAt),
      filtered: isClaimedAhead(told, asOf) ? undefined : await seen(filtered, asOf),
      told: [...told],
    });
  }
  // What comes later must not shine through.
  for (const { clock } of [full, filtered]) clock.advance(dayMs);
  return looks;
}

/** Who somebody is, is knowledge: a system that gets no later facts gets that nevertheless. */
async function makeKnown({ store, clock }: LogSystem, keys: readonly Key[]): Promise<void> {
  const units = keys.map((key) => {
    const customerId = customerIdOf(key);
    const event = {
      id: eventId(customerId, 0),
      type: 'CustomerRegistered',
      version: 1,
      customerId,
      occurredAt: clock.now(),
      data: { source: key.source, via: 'fact' },
      personal: { key: key.key },
      metadata: { actor: 'test', service: 'profile', commandId: customerId, causationId: '-', correlationId: '-' },
    };
    return [{ stream: customerStreams.profile(customerId), expected: 'absent-or-skip' as const, events: [event] }];
  });
  if (units.length > 0) await store.append(units);
}

/**
 * Whether a purchase that happens later is claimed, and a refund of it by nobody known comes before. The claim says whose
 * the refund is; without the purchase there is nothing to claim.
 */
function isClaimedAhead(told: readonly Fact[], asOf: number): boolean {
  return told.some((claim) => {
    if (claim.kind !== 'claim') return false;
    const purchase = told.find((fact) => fact.kind === 'purchase' && fact.id === claim.id);
    return (
      purchase?.kind === 'purchase' &&
      purchase.occurredAt > asOf &&
      told.some((fact) => fact.kind === 'refund' && fact.original === claim.id && fact.customer === null)
    );
  });
}
