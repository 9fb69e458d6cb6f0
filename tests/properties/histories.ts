import type { CustomerPatchBody, FactLine, PurchaseBody } from '@tenure/contracts';
import fc from 'fast-check';
import type { Fact } from '../oracle/index.ts';
import {
  type Arrival,
  change,
  claim,
  complaintStep,
  fact,
  followUpStep,
  iso,
  type Key,
  link,
  registration,
  toldKey,
} from '../support/arrivals.ts';

const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** Noon of a day of these histories; day 0 is 2010-01-01. */
export const noon = (day: number): number => Date.UTC(2010, 0, 1, 12) + day * dayMs;
/** Nothing in a history happens from this day on. */
export const lastDay = 2_000;

/** A history of one person with up to three keys, in the order in which it reaches the system. */
export interface History {
  readonly keys: readonly Key[];
  readonly arrivals: readonly Arriving[];
}

/** `waitMs`: how long the clock runs before it comes. */
export interface Arriving extends Arrival {
  readonly waitMs: number;
}

// Dense enough for stages to follow each other, long enough for points to expire; many instants coincide.
const day = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 150 }),
  fc.integer({ min: 0, max: 1200 }),
);
const at = fc.tuple(day, fc.constantFrom(0, 0, 0, 1, 12 * hourMs, -12 * hourMs - 1)).map(([d, ms]) => noon(d) + ms);
const amount = fc.oneof(
  fc.integer({ min: -50, max: 3_000 }),
  fc.integer({ min: 0, max: 120_000 }),
  fc.constantFrom(1_000, 50_000, 200_000),
);
const currency = fc.constantFrom('GBP' as const, 'GBP' as const, 'GBP' as const, 'USD' as const, 'JPY' as const);
const who = fc.nat(2);
const scales = { csat: [1, 5], nps: [0, 10], ces: [1, 7] } as const;
const satisfaction = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
const days = fc.integer({ min: 0, max: 40 });

/** Steps of something that goes on for a while: days after the step before. */
const complaintSteps = fc.array(
  fc.record({ step: fc.constantFrom('resolve', 'followUp', 'close', 'reopen', 'acknowledge'), days, satisfaction }),
  { maxLength: 5 },
);
const followUpSteps = fc.array(
  fc.record({ step: fc.constantFrom('move', 'move', 'complete'), days, due: days, satisfaction }),
  { maxLength: 3 },
);

const drafts = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('purchase' as const),
      at,
      who,
      currency,
      minor: amount,
      /** Nobody knows who buys; somebody may claim it afterwards. */
      claimedBy: fc.option(fc.option(who, { nil: 'nobody' as const }), { nil: undefined, freq: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('refund' as const),
      at,
      who: fc.option(who, { nil: null, freq: 4 }),
      currency,
      minor: amount.map((minor) => Math.abs(minor) + 1),
      of: fc.option(fc.nat(10), { nil: null }),
      fits: fc.constantFrom('wholly', 'wholly', 'in-part', 'as-drawn'),
      /** Days after its purchase; null: whenever it was drawn, before it too. */
      later: fc.option(fc.nat(50), { nil: null }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('csat' as const, 'nps' as const, 'ces' as const).chain((scale) =>
      fc.record({
        kind: fc.constant('survey' as const),
        at,
        who,
        scale: fc.constant(scale),
        answer: fc.option(fc.record({ days, score: fc.integer({ min: scales[scale][0], max: scales[scale][1] }) }), {
          nil: null,
        }),
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('complaint' as const), at, who, steps: complaintSteps }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('follow-up' as const), at, who, due: days, steps: followUpSteps }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('contact' as const), at, who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('registration' as const), at, who, name: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      at,
      who,
      what: fc.constantFrom('industry', 'givenName', 'nothing', 'key', 'no-key'),
      value: fc.nat(3),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('link' as const), who, other: who }) },
);
type Draft = typeof drafts extends fc.Arbitrary<infer D> ? D : never;

/** In which order, and how fast, what was drawn arrives. */
export const spreads = fc.record({
  /** Facts of one process keep their order; all others come as chance has it, or as they happened. */
  inOrder: fc.boolean(),
  places: fc.array(fc.nat(10_000), { minLength: 60, maxLength: 60 }),
  waits: fc.array(fc.constantFrom(0, 0, 1, hourMs, dayMs), { minLength: 60, maxLength: 60 }),
});

/** A random history, before it is somebody's. */
export interface HistoryDraft {
  readonly drafts: readonly Draft[];
  readonly spread: { readonly inOrder: boolean; readonly places: readonly number[]; readonly waits: readonly number[] };
}

export const historyDrafts = (maxLength = 22): fc.Arbitrary<HistoryDraft> =>
  fc.record({ drafts: fc.array(drafts, { minLength: 1, maxLength }), spread: spreads });

/** `prefix` makes the sources of one, so that many can stand on one log; `later` moves all of it on in time, in ms. */
export function historyOf(
  { drafts: drawn, spread: { inOrder, places, waits } }: HistoryDraft,
  prefix: string,
  later = 0,
): History {
  const all = drawn.map((draft) => ('at' in draft ? { ...draft, at: draft.at + later } : draft));
  const shop = `${prefix}-shop`;
  const keys: readonly [Key, Key, Key] = [
    { source: shop, key: 'ann' },
    { source: `${prefix}-app`, key: 'ann@app' },
    { source: shop, key: 'annie' },
  ];
  const threads = all.map((draft, index) => threadOf(draft, index, all, { shop, keys }));
  const instants = threads.flat().flatMap((arrival) => arrival.at ?? []);
  const [first, last] = [Math.min(...instants), Math.max(...instants)];
  const place = (arrival: Arrival, index: number): number => {
    const random = places[index % places.length] ?? 0;
    return inOrder ? (arrival.at ?? first + ((last - first) * random) / 10_000) : random;
  };
  const turns = threads
    .flatMap((thread, number) => thread.map((arrival) => ({ number, arrival })))
    .map(({ number, arrival }, index) => ({ number, place: place(arrival, index) }))
    .sort((left, right) => left.place - right.place);
  const left = threads.map((thread) => [...thread]);
  const arrivals = turns.flatMap(({ number }, index) => {
    const next = left[number]?.shift();
    return next === undefined ? [] : [{ ...next, waitMs: waits[index % waits.length] ?? 0 }];
  });
  return { keys, arrivals };
}

interface Scene {
  readonly shop: string;
  readonly keys: readonly [Key, Key, Key];
}

/** What one draft sends, each after the one before. */
function threadOf(draft: Draft, index: number, all: readonly Draft[], scene: Scene): readonly Arrival[] {
  const { shop, keys } = scene;
  const id = `f${index}`;
  const key = (number: number): Key => keys[number % 3] ?? keys[0];
  switch (draft.kind) {
    case 'purchase':
      return purchaseThread(draft, id, scene);
    case 'refund':
      return [refund(draft, id, all, scene)];
    case 'survey': {
      const customer = key(draft.who);
      const named = { source: shop, invitationId: id };
      const invitation: FactLine = {
        ...named,
        type: 'survey',
        kind: draft.scale,
        customer,
        channel: 'email',
        sentAt: iso(draft.at),
      };
      const other: Fact = { kind: 'other', source: shop, id, occurredAt: draft.at, customer: toldKey(customer) };
      if (draft.answer === null) return [fact(invitation, draft.at, [other])];
      const { score } = draft.answer;
      const answeredAt = draft.at + draft.answer.days * dayMs;
      return [
        fact(invitation, draft.at, [other]),
        fact({ ...named, type: 'survey-response', answeredAt: iso(answeredAt), score }, answeredAt, [
          { ...other, kind: 'survey', occurredAt: answeredAt, scale: draft.scale, score },
        ]),
      ];
    }
    case 'complaint':
      return complaintThread(draft, id, key(draft.who), shop);
    case 'follow-up':
      return followUpThread(draft, id, key(draft.who), shop);
    case 'contact': {
      const customer = key(draft.who);
      const body = { source: shop, contactId: id, occurredAt: iso(draft.at), customer };
      const told: Fact = { kind: 'other', source: shop, id, occurredAt: draft.at, customer: toldKey(customer) };
      return [fact({ ...body, type: 'contact', channel: 'phone', direction: 'in', kind: 'inquiry' }, draft.at, [told])];
    }
    case 'registration': {
      const customer = key(draft.who);
      const observed = { source: 'registration-form' as const, observedAt: iso(draft.at) };
      return [
        registration(
          {
            customer,
            kind: 'person',
            occurredAt: iso(draft.at),
            attributes: { givenName: { value: `Ann ${draft.name}`, ...observed } },
            contactPoints: [{ kind: 'email', value: `ann${draft.name}@example.com`, ...observed }],
          },
          draft.at,
          [{ kind: 'other', source: shop, id, occurredAt: draft.at, customer: toldKey(customer) }],
        ),
      ];
    }
    case 'change':
      return [changeOf(draft, id, index, key(draft.who), shop)];
    case 'link':
      return draft.who === draft.other ? [] : [link(key(draft.who), key(draft.other))];
    default:
      return draft satisfies never;
  }
}

function purchaseThread(
  { at: occurredAt, who: number, currency: code, minor, claimedBy }: Extract<Draft, { kind: 'purchase' }>,
  id: string,
  { shop, keys }: Scene,
): readonly Arrival[] {
  const customer = claimedBy === undefined ? (keys[number] ?? null) : null;
  const lines = [{ lineId: '1', productId: 'thing', quantity: 1, amountMinor: minor }];
  const body: PurchaseBody = {
    source: shop,
    orderId: id,
    occurredAt: iso(occurredAt),
    customer,
    currency: code,
    lines,
  };
  const told: Fact = { kind: 'purchase', ...toldOf(shop, id, occurredAt, customer), currency: code, lines };
  const bought = fact({ ...body, type: 'purchase' }, occurredAt, [told]);
  const claimer = claimedBy === undefined || claimedBy === 'nobody' ? undefined : keys[claimedBy];
  return claimer === undefined ? [bought] : [bought, claim(shop, id, claimer, occurredAt)];
}

function refund(
  { at: drawnAt, who: number, currency: drawn, minor: drawnMinor, of, fits, later }: Extract<Draft, { kind: 'refund' }>,
  id: string,
  all: readonly Draft[],
  { shop, keys }: Scene,
): Arrival {
  const named = of === null ? undefined : all[of];
  const purchase = named?.kind === 'purchase' ? named : undefined;
  // Mostly whoever bought gives back.
  const anonymous = purchase?.claimedBy !== undefined;
  const customer =
    number === null || (anonymous && fits !== 'as-drawn') ? null : (keys[purchase?.who ?? number] ?? null);
  const occurredAt = purchase === undefined || later === null ? drawnAt : purchase.at + later * dayMs;
  const code = purchase === undefined || fits === 'as-drawn' ? drawn : purchase.currency;
  const minor = purchase === undefined || fits !== 'wholly' ? drawnMinor : Math.max(1, purchase.minor);
  const original = of === null ? {} : { originalOrderId: `f${of}` };
  const lines = [{ lineId: '1', productId: 'thing', quantity: 1, amountMinor: minor }];
  const body = {
    source: shop,
    refundId: id,
    ...original,
    occurredAt: iso(occurredAt),
    customer,
    currency: code,
    lines,
  };
  return fact({ ...body, type: 'refund' }, occurredAt, [
    {
      kind: 'refund',
      ...toldOf(shop, id, occurredAt, customer),
      original: of === null ? null : `f${of}`,
      currency: code,
      lines,
    },
  ]);
}

function complaintThread(
  { at: filedAt, steps }: Extract<Draft, { kind: 'complaint' }>,
  id: string,
  customer: Key,
  shop: string,
): readonly Arrival[] {
  const named = { source: shop, complaintId: id };
  const told: Fact = { kind: 'complaint', ...toldOf(shop, id, filedAt, customer) };
  const body = { ...named, occurredAt: iso(filedAt), customer, channel: 'phone' as const };
  const arrivals = [fact({ ...body, type: 'complaint', severity: 'low', content: 'It broke' }, filedAt, [told])];
  let stepAt = filedAt;
  for (const [number, { step, days: after, satisfaction: said }] of steps.entries()) {
    stepAt += after * dayMs;
    const other: Fact = { ...told, kind: 'other', id: `${id}-${number}`, occurredAt: stepAt };
    const followUp: Fact = { ...other, kind: 'follow-up', complaint: id, satisfaction: said ?? null };
    switch (step) {
      case 'resolve':
        arrivals.push(complaintStep(step, named, { solution: 'Another one' }, stepAt, [other]));
        break;
      case 'followUp': {
        const answer = said === undefined ? {} : { satisfaction: said };
        arrivals.push(complaintStep(step, named, { solved: true, ...answer }, stepAt, [followUp]));
        break;
      }
      case 'close':
      case 'reopen':
      case 'acknowledge':
        arrivals.push(complaintStep(step, named, {}, stepAt, [other]));
        break;
      default:
        step satisfies never;
    }
  }
  return arrivals;
}

function followUpThread(
  { at: plannedAt, due, steps }: Extract<Draft, { kind: 'follow-up' }>,
  id: string,
  customer: Key,
  shop: string,
): readonly Arrival[] {
  const named = { source: shop, followUpId: id };
  const told: Fact = { kind: 'other', ...toldOf(shop, id, plannedAt, customer) };
  const dueAt = (from: number, after: number): string => iso(from + after * dayMs);
  const arrivals = [
    fact(
      {
        ...named,
        type: 'follow-up',
        occurredAt: iso(plannedAt),
        customer,
        channel: 'phone',
        dueAt: dueAt(plannedAt, due),
      },
      plannedAt,
      [told],
    ),
  ];
  let stepAt = plannedAt;
  for (const [number, { step, days: after, due: later, satisfaction: said }] of steps.entries()) {
    stepAt += after * dayMs;
    const other: Fact = { ...told, id: `${id}-${number}`, occurredAt: stepAt };
    if (step === 'move') arrivals.push(followUpStep('move', named, { dueAt: dueAt(stepAt, later) }, stepAt, [other]));
    else {
      const answer = said === undefined ? {} : { satisfaction: said };
      const done: Fact = { ...other, kind: 'follow-up', complaint: null, satisfaction: said ?? null };
      arrivals.push(followUpStep('complete', named, answer, stepAt, [done]));
    }
  }
  return arrivals;
}

function changeOf(
  { at: drawnAt, what, value }: Extract<Draft, { kind: 'change' }>,
  id: string,
  index: number,
  customer: Key,
  shop: string,
): Arrival {
  // No two marks of one instant: which of them holds is a matter of arrival.
  const changedAt = drawnAt + 2 + index;
  const told: Fact = { kind: 'other', ...toldOf(shop, id, changedAt, customer) };
  if (what === 'key' || what === 'no-key') {
    const body = { keyAccount: what === 'key', occurredAt: iso(changedAt) };
    return change(customer, body, changedAt, [{ ...told, kind: 'key-account', key: what === 'key' }]);
  }
  const observed = { source: 'support' as const, observedAt: iso(drawnAt) };
  const name = what === 'nothing' ? 'givenName' : what;
  const attributes: CustomerPatchBody['attributes'] = {
    [name]: { value: what === 'nothing' ? null : `${what} ${value}`, ...observed },
  };
  return change(customer, { attributes }, drawnAt, [{ ...told, occurredAt: drawnAt }]);
}

function toldOf(source: string, id: string, occurredAt: number, customer: Key | null) {
  return { source, id, occurredAt, customer: customer === null ? null : toldKey(customer) };
}
