import { calendarOf, derive } from '@tenure/domain';
import type { StoredEvent } from '@tenure/event-store';
import type { ViewSet } from '@tenure/read-store';
import { readPolicies } from '@tenure/runtime';
import { factsOfHistory, readHistory } from '@tenure/runtime/views';
import { expect } from 'vitest';
import { customersTierTransitions, type Fact, sales, transitions } from '../oracle/index.ts';
import { factsOf } from '../oracle/people.ts';
import { dayMs } from '../properties/histories.ts';
import { derived, reckoned } from '../properties/second-reckoning.ts';
import { customerIdOf, factTypeOf, iso, toldKey } from '../support/arrivals.ts';
import { checkRecorded } from '../support/check-recorded.ts';
import { expectedView, shownView } from '../support/expected-view.ts';
import { foldCustomer, foldEveryone } from '../support/folded.ts';
import { expectWhole } from '../support/log-checks.ts';
import type { Acknowledged } from '../support/publisher.ts';
import { nameOf } from '../support/publisher.ts';
import { standingOf } from '../support/standing.ts';
import { allDocuments, allEvents } from '../support/stored.ts';
import type { Embedded } from './embedded.ts';
import { type Item, type Publishers, writtenBy } from './publishers.ts';

const zone = 'UTC';

interface Settled {
  readonly process: Embedded;
  readonly events: readonly StoredEvent[];
  /** ms since 1970 UTC. */
  readonly now: number;
  readonly publishers: Publishers;
  /** Whether none but the policies that the oracle knows were ever published. */
  readonly isDefault: boolean;
  readonly toTheEnd: boolean;
}

/** What a process that is killed at any moment leaves behind. */
export async function checkDurable({ store, views, state }: Embedded): Promise<void> {
  const events = await allEvents(store);
  const head = events.at(-1)?.position ?? '';
  const projected = await checkpointOf(views, 'views');
  expect(projected <= head, 'I6: the views are not ahead of the log').toBe(true);
  expect((await checkpointOf(state, 'recording')) <= head, 'I6: the recorders are not ahead of the log').toBe(true);
  const policies = await readPolicies(store);
  const parked = await parkedKeys(views, state);
  for (const { document, guard } of await allDocuments(views, 'customers')) {
    // The fold is shared with the recorders, which may be further than the checkpoint.
    const { until } = document._times as { until: number };
    const upTo = [guard, projected].sort().at(-1) ?? '';
    const folded = await foldCustomer(store, document._id, policies, { until, upTo });
    if (folded === undefined) throw new Error(`I6: ${document._id} is in the views, and not in the log`);
    if (folded.ids.some((id) => parked.has(id))) continue;
    expect(shownView(document), 'I6: what was applied by a killed process').toEqual(
      expectedView(folded.state, folded.ids),
    );
  }
}

/** What holds whenever everything has come to rest. */
export async function checkSettled(settled: Settled): Promise<void> {
  expect(settled.process.parkedTimers, 'I11: what befell the process is no fault of a timer').toEqual([]);
  checkLog(settled);
  checkAnswers(settled);
  const parked = await parkedKeys(settled.process.views, settled.process.state);
  const held = checkDerivations(settled, parked);
  await checkViews(settled, parked);
  await checkCustomers(settled, new Set([...parked, ...held]));
  if (settled.toTheEnd) await checkSales(settled);
}

/** The log is whole, and has what was acknowledged, once. */
function checkLog({ events, publishers }: Settled): void {
  const acknowledged = publishers.items.flatMap((item): readonly Acknowledged[] => {
    const { status, id, position } = item.answer ?? { status: 0 };
    const type = factTypeOf(item.arrival);
    if (status === 0 || status > 299 || type === undefined || id === undefined || position === undefined) return [];
    return [{ name: nameOf({ type, ...Object(item.arrival.call.body) }), id, position, status }];
  });
  expectWhole(events, acknowledged);
}

/** What was answered is what was done. */
function checkAnswers({ events, publishers }: Settled): void {
  const written = writtenBy(events);
  const isWritten = ({ requests }: Item): boolean => requests.some((request) => written.has(request));
  const named = (items: readonly Item[]): readonly object[] =>
    items.map(({ arrival, answer, requests }) => ({ call: arrival.call, answer, requests }));
  const alone = publishers.items.filter(({ requests }) => !isShared(requests, publishers.items));
  const { answered = [] } = Object.groupBy(alone, ({ answer }) => (answer === undefined ? 'open' : 'answered'));
  const lost = answered.filter((item) => item.answer?.status === 202 && !isWritten(item));
  expect(named(lost), 'I6: acknowledged and not in the log').toEqual([]);
  const refused = answered.filter((item) => (item.answer?.status ?? 0) >= 400 && isWritten(item));
  expect(named(refused), 'I4: refused and in the log').toEqual([]);
  const repeats = answered.filter(({ again, answer }) => again?.as === 'repeat' && answer?.status !== 200);
  expect(named(repeats), 'I4: repeats that were not known as such').toEqual([]);
  const contradictions = answered.filter(
    ({ again, answer }) => again?.as === 'contradiction' && answer?.status !== 409,
  );
  expect(named(contradictions), 'contradictions that nobody noticed').toEqual([]);
}

/** Whether others came with the same request: what it wrote may be theirs. */
function isShared(requests: readonly string[], items: readonly Item[]): boolean {
  return requests.some((request) => items.filter((item) => item.requests.includes(request)).length > 1);
}

/** Returns those whom an import session that is open holds: nothing is recorded for them yet. */
function checkDerivations({ events, now }: Settled, parked: ReadonlySet<string>): readonly string[] {
  const { faults: all, needless, held } = checkRecorded(events, now, zone);
  // Nothing but their documents says when time moves them.
  const faults = all.filter(({ customerId }) => !parked.has(customerId));
  expect(faults, 'I23: what stands recorded is what is derived').toEqual([]);
  expect(needless, 'I23: restatements of a past that did not change').toEqual([]);
  return held;
}

/** Documents are the fold of the log, and all who are in the one are in the other. */
async function checkViews({ process, events, now }: Settled, parked: ReadonlySet<string>): Promise<void> {
  const { store, views } = process;
  const policies = await readPolicies(store);
  // What happens tomorrow by a publisher's clock is shown, too.
  const everyone = await foldEveryone(store, events, now + 2 * dayMs);
  const shown = new Map((await allDocuments(views, 'customers')).map(({ document }) => [document._id, document]));
  for (const [id, { ids }] of everyone) {
    if (ids.some((own) => parked.has(own))) continue;
    const document = shown.get(id);
    if (document === undefined) throw new Error(`I5: ${id} has no document`);
    const { until } = document._times as { until: number };
    const folded = await foldCustomer(store, id, policies, { until });
    if (folded === undefined) throw new Error(`I5: ${id} is shown and not in the log`);
    expect(shownView(document), 'I5: the document is the fold of the log').toEqual(
      expectedView(folded.state, folded.ids),
    );
  }
  const strangers = [...shown.keys()].filter((id) => !everyone.has(id) && !parked.has(id));
  if (parked.size === 0) expect(strangers, 'I5: documents of nobody').toEqual([]);
}

/** Each customer, as served, as replayed, and by the second reckoning. */
async function checkCustomers(
  { process, publishers, events, now, isDefault, toTheEnd }: Settled,
  notRecorded: ReadonlySet<string>,
): Promise<void> {
  const told = publishers.told(events);
  const policies = await readPolicies(process.store);
  for (const key of publishers.keys) {
    const id = customerIdOf(key);
    const served = await get(process, id, {});
    if (served.status === 503 && !toTheEnd) continue;
    const replayed = await get(process, id, { asOf: iso(now), knownAt: iso(now) });
    expect(served, 'I5: as served and as replayed').toEqual(replayed);
    const until = factsOf(told, toldKey(key)).reduce((last, { occurredAt }) => Math.max(last, occurredAt), now);
    const history = await readHistory(process.store, id);
    const state =
      history === undefined ? undefined : derive(factsOfHistory(history), policies, calendarOf(zone), until);
    if (!isDefault) continue;
    const second = reckoned(told, toldKey(key), until, zone);
    expect(derived(state, second), 'what the product and a second reckoning say').toEqual(second);
    const [canonical] = history?.ids ?? [];
    if (served.status !== 200 || canonical === undefined || history?.ids.some((own) => notRecorded.has(own))) continue;
    checkMoves(events, canonical, told, toldKey(key), until);
  }
}

/** The moves that stand recorded are those that a second reckoning knows; a tier that a review kept is no move. */
function checkMoves(
  events: readonly StoredEvent[],
  id: string,
  told: readonly Fact[],
  key: string,
  until: number,
): void {
  const { stages, tiers } = standingOf(events.filter(({ customerId }) => customerId === id));
  const recorded = [...stages, ...tiers].flatMap((line) => {
    const [from, , to, at] = line.split(' ');
    return from === to ? [] : [`${to} ${at}`];
  });
  const expected = [...transitions(told, key, until, { zone }), ...customersTierTransitions(told, key, until)];
  expect(recorded, 'I11: as time moved them, by a second reckoning').toEqual(
    expected.map(({ to, at }) => `${to} ${iso(at)}`),
  );
}

async function checkSales({ process, publishers, events, now }: Settled): Promise<void> {
  const { status, body } = await process.look({ operationId: 'getSales' });
  const asOfNow = { asOf: iso(now), knownAt: iso(now) };
  const replayed = await process.look({ operationId: 'getSales', query: asOfNow });
  expect(status).toBe(200);
  expect(body, 'I22: sales, and sales as of now').toEqual(replayed.body);
  const told = sales(publishers.told(events), { asOf: now });
  const shown = Object.fromEntries(
    (body.items as readonly { currency: string }[]).map(({ currency, ...numbers }) => [currency, numbers]),
  );
  expect(shown, 'I22: sales by a second reckoning').toEqual(told);
}

async function get(process: Embedded, id: string, query: Record<string, string>) {
  const { status, body } = await process.look({ operationId: 'getCustomer', params: { id }, query });
  return { status, body: status === 200 ? body : null };
}

/** Parks are kept with what lacks the parked: the views' own with the views. */
async function parkedKeys(...sets: readonly ViewSet[]): Promise<ReadonlySet<string>> {
  const rows = await Promise.all(sets.map((set) => set.find('parked', {})));
  return new Set(rows.flat().map(({ key }) => String(key)));
}

async function checkpointOf(views: ViewSet, consumer: string): Promise<string> {
  const stored = (await views.checkpoint(`${consumer}/0`)) as { position: string } | undefined;
  return stored?.position ?? '';
}
