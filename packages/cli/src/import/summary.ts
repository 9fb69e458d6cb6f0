import type { FactResult } from '@tenure/contracts';
import type { Fact } from './group-to-fact.ts';
import type { ParkedSummary } from './parked-file.ts';

/** What one currency adds up to in the file; what a person compares with what they know. */
export interface CurrencyTotals {
  readonly currency: string;
  readonly grossMinor: number;
  readonly refundedMinor: number;
  readonly netMinor: number;
}

export interface FileTotals {
  /** Purchases and refunds that could be read. */
  readonly orders: number;
  readonly refunds: number;
  /** Of purchases. */
  readonly lines: number;
  readonly refundLines: number;
  /** Of both, without a customer. */
  readonly anonymousLines: number;
  readonly currencies: readonly CurrencyTotals[];
}

export interface Outcomes {
  readonly new: number;
  /** Were there before, the same. */
  readonly repeated: number;
  /** Were there before with other content. */
  readonly conflicts: number;
  readonly rejected: number;
  /** The server could not take them just then: run it again. */
  readonly failed: number;
}

export interface ImportSummary extends FileTotals {
  readonly file: string;
  readonly source: string;
  /** Null when nothing was sent. */
  readonly session: string | null;
  readonly rows: number;
  readonly outcomes: Outcomes;
  readonly parked: ParkedSummary;
  readonly unmappedColumns: readonly string[];
  readonly seconds: number;
}

/** Adds up what a file holds. */
export function createFileTotals() {
  const totals = { orders: 0, refunds: 0, lines: 0, refundLines: 0, anonymousLines: 0 };
  const currencies = new Map<string, { gross: bigint; refunded: bigint }>();
  return {
    add: (fact: Fact): void => {
      const count = fact.lines.length;
      if (fact.customer === null) totals.anonymousLines += count;
      const money = currencies.get(fact.currency) ?? { gross: 0n, refunded: 0n };
      currencies.set(fact.currency, money);
      const amount = fact.lines.reduce((sum, line) => sum + BigInt(line.amountMinor), 0n);
      if (fact.type === 'purchase') {
        totals.orders += 1;
        totals.lines += count;
        money.gross += amount;
      } else {
        totals.refunds += 1;
        totals.refundLines += count;
        money.refunded += amount;
      }
    },
    result: (): FileTotals => ({
      ...totals,
      currencies: [...currencies].toSorted(byCode).map(([currency, { gross, refunded }]) => ({
        currency,
        grossMinor: Number(gross),
        refundedMinor: Number(refunded),
        netMinor: Number(gross - refunded),
      })),
    }),
  };
}

function byCode([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}

/** How the facts fared, by the status of their answers. */
export function outcomeOf(status: FactResult['status']): keyof Outcomes {
  switch (status) {
    case 202:
      return 'new';
    case 200:
      return 'repeated';
    case 409:
      return 'conflicts';
    case 503:
      return 'failed';
    case 400:
    case 413:
    case 422:
      return 'rejected';
    default:
      return status satisfies never;
  }
}
