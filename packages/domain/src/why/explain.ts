import type { PolicyName } from '@tenure/contracts';
import { CustomerFold, type CustomerState } from '../customer/customer-fold.ts';
import type { Fact, FactOf } from '../customer/fact.ts';
import { daysBehind, stageRules } from '../lifecycle/rules.ts';
import { noTier } from '../loyalty/programme.ts';
import { tierRules } from '../loyalty/tier-rules.ts';
import { inForce, type Policies } from '../policies/schedule.ts';
import { type Calendar, dayMs } from '../time/calendar.ts';
import { Decisions, type StageDecision, type TierDecision } from './decisions.ts';
import { inWords, type Words } from './words.ts';

/** Derived values that can say why they are what they are. */
export const explainedFields = ['stage', 'tier', 'points', 'satisfaction', 'class', 'spend'] as const;
export type ExplainedField = (typeof explainedFields)[number];

/** Why a value is what it is: the rule, its policy, the numbers that met it, the facts, and what it stands on. */
export interface Explanation {
  readonly field: ExplainedField;
  readonly value: string | number | null;
  /** Since when, ms since 1970 UTC; null where the value has no beginning. */
  readonly since: number | null;
  readonly rule: string;
  readonly policy: { readonly name: PolicyName; readonly version: number } | null;
  readonly numbers: Readonly<Record<string, number | string>>;
  readonly words: Words;
  /** In content order. */
  readonly facts: readonly Fact[];
  /** What came before, or the parts. */
  readonly because: readonly Explanation[];
}

/**
 * Why a customer is what they are at an instant: the same fold that decides is run with an observer, and says what it
 * looked at. Undefined without any fact by then.
 */
export function explain(
  field: ExplainedField,
  facts: readonly Fact[],
  policies: Policies,
  calendar: Calendar,
  until: number,
): Explanation | undefined {
  const decisions = new Decisions();
  const fold = new CustomerFold(policies, calendar, decisions);
  fold.add(facts.filter((fact) => fact.at <= until || fact.kind === 'key'));
  const state = fold.at(until);
  if (state === undefined) return undefined;
  const known: Known = { fold, state, decisions, policies, calendar };
  switch (field) {
    case 'stage':
      return explainStage(known);
    case 'tier':
      return explainTier(known);
    case 'points':
      return explainPoints(known);
    case 'satisfaction':
      return explainSatisfaction(known);
    case 'class':
      return explainClass(known);
    case 'spend':
      return explainSpend(known);
    default:
      return field satisfies never;
  }
}

interface Known {
  readonly fold: CustomerFold;
  readonly state: CustomerState;
  readonly decisions: Decisions;
  readonly policies: Policies;
  readonly calendar: Calendar;
}

const purchasesOf = (fold: CustomerFold): readonly FactOf<'purchase'>[] =>
  fold.facts.filter((fact) => fact.kind === 'purchase');
const movesOf = (fold: CustomerFold): readonly FactOf<'purchase' | 'refund'>[] =>
  fold.facts.filter((fact) => fact.kind === 'purchase' || fact.kind === 'refund');

function explainStage(known: Known): Explanation {
  const { fold, state, decisions } = known;
  const first: Explanation = {
    field: 'stage',
    value: 'potential',
    since: state.customerSince,
    rule: 'potential.known',
    policy: null,
    numbers: {},
    words: { en: 'known, without a counted order', zh: '已知客户，尚无计入订单' },
    facts: fold.facts.slice(0, 1),
    because: [],
  };
  return decisions.stages.reduce<Explanation>((before, decision) => stageEntered(known, decision, before), first);
}

function stageEntered(known: Known, { transition, state, policy }: StageDecision, before: Explanation): Explanation {
  const { to, at, reason, policyVersion } = transition;
  const rule = stageRules[reason];
  const numbers = policy === undefined ? {} : rule.numbers(policy, to);
  const days = policy === undefined ? [] : daysBehind(reason, state, policy);
  return {
    field: 'stage',
    value: to,
    since: at,
    rule: `${to}.${reason}`,
    policy: { name: 'lifecycle', version: policyVersion },
    numbers,
    words: inWords(rule.words, numbers),
    facts: factsBehindStage(known, transition, days, state.lastOrderAt),
    because: [before],
  };
}

/** The first counted order of each purchase day it stood on; of a silence the last one; else what led to it. */
function factsBehindStage(
  { fold, calendar }: Known,
  { cause, at }: StageDecision['transition'],
  days: readonly number[],
  lastOrderAt: number | null,
): readonly Fact[] {
  const purchases = purchasesOf(fold).filter((fact) => fact.at <= at && fact.total > 0);
  if (days.length > 0) {
    return days.flatMap((day) => purchases.find((fact) => calendar.dayOf(fact.at) === day) ?? []);
  }
  if (cause === null) return purchases.filter((fact) => fact.at === lastOrderAt).slice(-1);
  return movesOf(fold).filter(
    ({ kind, source, id }) => kind === cause.kind && source === cause.source && id === cause.id,
  );
}

function explainTier(known: Known): Explanation {
  const { state, decisions } = known;
  const first: Explanation = {
    field: 'tier',
    value: noTier,
    since: state.customerSince,
    rule: 'tier.none',
    policy: null,
    numbers: {},
    words: { en: 'no tier has been reached', zh: '尚未达到任何等级' },
    facts: [],
    because: [],
  };
  return decisions.tiers.reduce<Explanation>((before, decision) => tierEntered(known, decision, before), first);
}

function tierEntered(known: Known, { step, netPoints, programme }: TierDecision, before: Explanation): Explanation {
  const { to, at, reason, policyVersion } = step;
  const threshold = programme.tiers.find(({ tier }) => tier === to)?.fromPoints ?? 0;
  const windowDays = programme.window.days;
  const numbers = { netPoints, fromPoints: threshold, windowDays };
  const after = at - windowDays * dayMs;
  return {
    field: 'tier',
    value: to,
    // A tier that a review confirms goes back to when it was reached.
    since: to === before.value ? before.since : at,
    rule: `tier.${reason}`,
    policy: { name: 'loyalty', version: policyVersion },
    numbers,
    words: inWords(tierRules[reason], numbers),
    facts: movesOf(known.fold).filter((fact) => fact.at > after && fact.at <= at),
    because: [before],
  };
}

function explainPoints({ fold, state, policies }: Known): Explanation {
  const { account, until } = state;
  const sumOf = (kind: string): number =>
    account.entries.reduce((sum, entry) => (entry.kind === kind ? sum + entry.points : sum), 0);
  const earned = sumOf('earned');
  const numbers = { earned, takenBack: sumOf('taken-back'), expired: sumOf('expired'), debt: account.debt };
  const open = new Set(
    account.lots.filter(({ remaining }) => remaining > 0).map(({ source, orderId }) => `${source}\n${orderId}`),
  );
  const programme = inForce(policies.loyalty, until);
  return {
    field: 'points',
    value: account.balance,
    since: account.entries.at(-1)?.at ?? null,
    rule: 'points.balance',
    policy: programme === undefined ? null : { name: 'loyalty', version: programme.version },
    numbers,
    words: inWords(
      {
        en: '{earned} earned, {takenBack} taken back, {expired} expired',
        zh: '累计{earned}，退回{takenBack}，过期{expired}',
      },
      numbers,
    ),
    facts: purchasesOf(fold).filter(({ source, id }) => open.has(`${source}\n${id}`)),
    because: [],
  };
}

function explainSatisfaction({ fold, state, policies }: Known): Explanation {
  const policy = inForce(policies.satisfaction, state.until);
  const items = fold.satisfactionItems;
  const numbers = {
    answers: items.length,
    halfLifeDays: policy?.halfLifeDays ?? 0,
    band: state.satisfactionBand ?? 'none',
  };
  return {
    field: 'satisfaction',
    value: state.satisfaction,
    since: items.at(-1)?.at ?? null,
    rule: 'satisfaction.weighted-mean',
    policy: policy === undefined ? null : { name: 'satisfaction', version: policy.version },
    numbers,
    words: inWords(
      {
        en: 'the weighted mean of {answers} answers and complaints, older ones weighing half each {halfLifeDays} days',
        zh: '{answers}项评价与投诉的加权平均，每{halfLifeDays}天权重减半',
      },
      numbers,
    ),
    facts: items.map(({ fact }) => fact),
    because: [],
  };
}

function explainClass({ fold, state }: Known): Explanation {
  const common = { field: 'class', value: state.class, policy: null, because: [] } as const;
  if (state.class === 'key') {
    const marked = fold.facts.filter((fact) => fact.kind === 'key-account').slice(-1);
    const words = { en: 'marked as a key account by hand', zh: '人工标记为重点客户' };
    return { ...common, since: marked[0]?.at ?? null, rule: 'class.key-account', numbers: {}, words, facts: marked };
  }
  const numbers = { orders: state.frequency };
  if (state.class === 'existing') {
    const facts = purchasesOf(fold).filter(({ total }) => total > 0);
    const words = inWords({ en: '{orders} counted orders', zh: '{orders}个计入订单' }, numbers);
    return {
      ...common,
      since: facts[0]?.at ?? null,
      rule: 'class.has-orders',
      numbers,
      words,
      facts: facts.slice(0, 1),
    };
  }
  const words = { en: 'no counted order', zh: '没有计入订单' };
  return {
    ...common,
    since: state.customerSince,
    rule: 'class.no-orders',
    numbers,
    words,
    facts: fold.facts.slice(0, 1),
  };
}

/** A part for each currency: sums over currencies say nothing. */
function explainSpend({ fold, state }: Known): Explanation {
  const moves = movesOf(fold);
  const common = { field: 'spend', since: null, policy: null } as const;
  const parts = [...state.spend].map(([currency, amountMinor]): Explanation => {
    const own = moves.filter((fact) => fact.currency === currency);
    const grossMinor = own.reduce((sum, fact) => (fact.kind === 'purchase' ? sum + fact.total : sum), 0);
    const refundedMinor = own.reduce((sum, fact) => (fact.kind === 'refund' ? sum + fact.amount : sum), 0);
    const orders = own.filter(({ kind }) => kind === 'purchase').length;
    const numbers = { currency, orders, refunds: own.length - orders, grossMinor, refundedMinor };
    const words = inWords(
      {
        en: '{currency}: {orders} orders less {refunds} refunds',
        zh: '{currency}：{orders}个订单减{refunds}笔退款',
      },
      numbers,
    );
    return { ...common, value: amountMinor, rule: 'spend.net', numbers, words, facts: own, because: [] };
  });
  const words = inWords(
    { en: 'by currency: {currencies}', zh: '按货币：{currencies}种' },
    { currencies: parts.length },
  );
  const numbers = { currencies: parts.length };
  return { ...common, value: null, rule: 'spend.by-currency', numbers, words, facts: [], because: parts };
}
