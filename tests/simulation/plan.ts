import { type Random, randomOf } from '@tenure/testing/simulator';

/** What may befall a run. */
const trouble = [
  'crash',
  'power-cut',
  'failed-call',
  'lost-answer',
  'redelivery',
  'poison',
  'jump',
  'clock-back',
  'lost-views',
  'policy',
  'repeat',
  'contradiction',
  'session',
  'late',
] as const;
export type Trouble = (typeof trouble)[number];

/** All that a run depends on. */
export interface Plan {
  readonly seed: number;
  /** What its seed has in store for it, and is left out. */
  readonly without: readonly Trouble[];
  /** How many of its arrivals come. */
  readonly arrivals: number;
}

export function planOf(seed: number): Plan {
  return { seed, without: [], arrivals: Number.POSITIVE_INFINITY };
}

/** As it is given again: `17`, or `17,-crash,first:40` for less of it. */
export function planText({ seed, without, arrivals }: Plan): string {
  const first = Number.isFinite(arrivals) ? [`first:${arrivals}`] : [];
  return [String(seed), ...without.map((kind) => `-${kind}`), ...first].join(',');
}

/** @throws {RangeError} for what is no plan */
export function parsePlan(text: string): Plan {
  const [seed = '', ...rest] = text.split(',');
  if (!/^\d+$/.test(seed)) throw new RangeError(`TENURE_TEST_PLAY is no whole number: ${text}`);
  const without: Trouble[] = [];
  let arrivals = Number.POSITIVE_INFINITY;
  for (const part of rest) {
    const first = /^first:(\d+)$/.exec(part)?.[1];
    const kind = trouble.find((one) => part === `-${one}`);
    if (first !== undefined) arrivals = Number(first);
    else if (kind !== undefined) without.push(kind);
    else throw new RangeError(`TENURE_TEST_PLAY: ${part} is none of ${trouble.join(', ')}`);
  }
  return { seed: Number(seed), without, arrivals };
}

/** What is in store for a run: never all of it, so that each has room for what it is about. */
export function troubleOf({ seed, without }: Plan): ReadonlySet<Trouble> {
  const random = randomOf(seed, 1);
  return new Set(trouble.filter((kind) => random.chance(0.6) && !without.includes(kind)));
}

/** Streams of chance that do not disturb each other. */
export function chanceOf({ seed }: Plan, what: 'people' | 'turns' | 'machine' | 'power'): Random {
  return randomOf(seed, ['people', 'turns', 'machine', 'power'].indexOf(what) + 2);
}

/** Less of a plan, the larger cuts first. */
export function* smaller(plan: Plan, arrived: number): Generator<Plan> {
  for (const part of [0.25, 0.5, 0.75, 0.9]) yield { ...plan, arrivals: Math.floor(arrived * part) };
  if (arrived > 0) yield { ...plan, arrivals: arrived - 1 };
  for (const kind of troubleOf(plan)) yield { ...plan, without: [...plan.without, kind] };
}
