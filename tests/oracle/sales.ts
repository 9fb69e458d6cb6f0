import { type Fact, type Purchase, type Refund, totalMinor } from './facts.ts';
import { attributed, keysOf } from './people.ts';

export type Sales = {
  orders: number;
  refunds: number;
  lines: number;
  refundLines: number;
  anonymousLines: number;
  grossMinor: number;
  refundedMinor: number;
  netMinor: number;
  buyers: number;
  customers: number;
};

/** Instants; `from` and `asOf` inclusive, `to` exclusive. Without one, that side is open. */
export type Window = { from?: number; to?: number; asOf?: number };

/** Sales by currency, each fact by its own date. */
export function sales(facts: readonly Fact[], window: Window = {}): Record<string, Sales> {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, asOf = Number.POSITIVE_INFINITY } = window;
  const traded = attributed(facts)
    .filter((fact): fact is Purchase | Refund => fact.kind === 'purchase' || fact.kind === 'refund')
    .filter(({ occurredAt }) => from <= occurredAt && occurredAt < to && occurredAt <= asOf);
  const currencies = [...new Set(traded.map(({ currency }) => currency))].sort();
  return Object.fromEntries(
    currencies.map((currency) => {
      const inCurrency = traded.filter((fact) => fact.currency === currency);
      return [currency, summary(inCurrency, facts)];
    }),
  );
}

function summary(traded: readonly (Purchase | Refund)[], facts: readonly Fact[]): Sales {
  const purchases = traded.filter(({ kind }) => kind === 'purchase');
  const refunds = traded.filter(({ kind }) => kind === 'refund');
  const grossMinor = amount(purchases);
  const refundedMinor = amount(refunds);
  return {
    orders: purchases.length,
    refunds: refunds.length,
    lines: lines(purchases),
    refundLines: lines(refunds),
    anonymousLines: lines(traded.filter(({ customer }) => customer === null)),
    grossMinor,
    refundedMinor,
    netMinor: grossMinor - refundedMinor,
    buyers: people(purchases, facts),
    customers: people(traded, facts),
  };
}

function amount(traded: readonly (Purchase | Refund)[]): number {
  return traded.reduce((sum, fact) => sum + totalMinor(fact), 0);
}

function lines(traded: readonly (Purchase | Refund)[]): number {
  return traded.reduce((sum, fact) => sum + fact.lines.length, 0);
}

function people(traded: readonly (Purchase | Refund)[], facts: readonly Fact[]): number {
  const links = facts.filter(({ kind }) => kind === 'link');
  const keys = traded.flatMap(({ customer }) => (customer === null ? [] : [customer]));
  return new Set(keys.map((key) => [...keysOf(links, key)].sort()[0])).size;
}
