import type { Case, Sample, Target } from '../harness/case.ts';
import { median } from '../harness/numbers.ts';
import type { Machine } from './machine.ts';

/** A figure beside the main one, with its bound. */
export interface AlsoResult {
  readonly value: number;
  readonly unit: string;
  /** null: nothing is promised of it, and there is nothing to meet. */
  readonly atMost: number | null;
  readonly met: boolean | null;
}

/** Medians over the runs of a case. */
export interface CaseResult {
  readonly title: string;
  readonly value: number;
  readonly unit: string;
  readonly raw: number | null;
  readonly rawIs: string | null;
  /** `value` in parts of `raw`, measured in the same run. */
  readonly ratio: number | null;
  /** null: nothing is promised. */
  readonly target: Target | null;
  /** Of the target and of what else is promised; null where nothing is. */
  readonly met: boolean | null;
  readonly also: Readonly<Record<string, AlsoResult>>;
  readonly runs: number;
  /** RFC 3339, UTC. */
  readonly date: string;
}

/** What `results.json` holds. */
export interface Results {
  readonly machine: Machine;
  readonly cases: Readonly<Record<string, CaseResult>>;
}

/** @throws {Error} when no run of a case says what the case promises */
export function resultOf(one: Case, samples: readonly Sample[]): CaseResult {
  const raws = samples.flatMap(({ raw }) => (raw === undefined ? [] : [raw]));
  const ratios = samples.flatMap(({ value, raw }) => (raw === undefined ? [] : [value / raw]));
  const value = median(samples.map((sample) => sample.value));
  const raw = raws.length === 0 ? null : median(raws);
  const ratio = ratios.length === 0 ? null : median(ratios);
  const also: Record<string, AlsoResult> = {};
  for (const [name, { unit, atMost = null }] of Object.entries(one.also ?? {})) {
    const values = samples.flatMap((sample) => sample.also?.[name] ?? []);
    if (values.length === 0) continue;
    const found = median(values);
    also[name] = { value: rounded(found), unit, atMost, met: atMost === null ? null : found <= atMost };
  }
  const { target } = one;
  const compared = target?.of === 'ratio' ? ratio : value;
  if (compared === null) throw new Error(`${one.id} was measured without its raw limit`);
  const promises = [
    target === undefined ? null : isWithin(compared, target),
    ...Object.values(also).map((figure) => figure.met),
  ].filter((met) => met !== null);
  return {
    title: one.title,
    value: rounded(value),
    unit: one.unit,
    raw: raw === null ? null : rounded(raw),
    rawIs: one.rawIs ?? null,
    ratio: ratio === null ? null : rounded(ratio),
    target: target ?? null,
    met: promises.length === 0 ? null : promises.every((met) => met),
    also,
    runs: samples.length,
    date: new Date().toISOString(),
  };
}

function isWithin(value: number, { atLeast, atMost }: Target): boolean {
  return (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
}

/** Three digits say all that such a measurement can. */
function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
