import type { CustomerState } from '@tenure/domain';

/** What a customer is under one set of policies; instants in ms. */
export interface Standing {
  readonly stage: CustomerState['stage'];
  readonly stageSince: number;
  readonly tier: string;
  readonly points: number;
  readonly satisfaction: number | null;
  readonly satisfactionBand: CustomerState['satisfactionBand'];
  /** In the lifecycle model beside it. */
  readonly modelStage: string | null;
}

/** A customer who moves. */
export interface Moved {
  readonly customerId: string;
  readonly before: Standing;
  readonly after: Standing;
}

/** Those who go from one value to another; `from` is `to` for those who stay. */
export interface Move {
  readonly from: string;
  readonly to: string;
  customers: number;
  /** A few of those who would be otherwise, the smallest ids: the same ones, however many threads looked for them. */
  readonly examples: Moved[];
}

/** Enough to look at; with all tiers that two programmes can have, some 2,000 in all. */
const mostExamples = 5;

/** From where to where, as a matrix of what there is. */
export class Moves {
  readonly #byKey = new Map<string, Move>();

  add(from: string, to: string, moved: Moved | undefined): void {
    const move = this.#move(from, to);
    move.customers++;
    if (moved !== undefined) keepSmallest(move.examples, moved);
  }

  /** What another thread has found. */
  addAll(moves: readonly Move[]): void {
    for (const { from, to, customers, examples } of moves) {
      const move = this.#move(from, to);
      move.customers += customers;
      for (const moved of examples) keepSmallest(move.examples, moved);
    }
  }

  get all(): readonly Move[] {
    return [...this.#byKey.values()];
  }

  #move(from: string, to: string): Move {
    const key = JSON.stringify([from, to]);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const move: Move = { from, to, customers: 0, examples: [] };
    this.#byKey.set(key, move);
    return move;
  }
}

/** By customer id; the last gives way. */
function keepSmallest(examples: Moved[], moved: Moved): void {
  const last = examples.at(-1);
  if (examples.length === mostExamples && last !== undefined && last.customerId < moved.customerId) return;
  const place = examples.findIndex(({ customerId }) => customerId > moved.customerId);
  examples.splice(place < 0 ? examples.length : place, 0, moved);
  if (examples.length > mostExamples) examples.pop();
}

export function standingOf(state: CustomerState): Standing {
  const { stage, stageSince, account, satisfaction, satisfactionBand, model } = state;
  const { tier, balance: points } = account;
  return { stage, stageSince, tier, points, satisfaction, satisfactionBand, modelStage: model?.stage ?? null };
}

/** From each of these balances on another range begins. */
const rangeStarts = [1, 100, 500, 1_000, 2_000, 5_000, 10_000] as const;

/** The ranges of a balance, rising. */
export const pointRanges: readonly string[] = [
  'below 0',
  '0',
  ...rangeStarts.map((start, index) => {
    const next = rangeStarts[index + 1];
    return next === undefined ? `${start} and more` : `${start}-${next - 1}`;
  }),
];

export function rangeOf(points: number): string {
  const rank = points < 0 ? 0 : 1 + rangeStarts.filter((start) => points >= start).length;
  return pointRanges[rank] ?? '';
}
