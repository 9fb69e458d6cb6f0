import type { SatisfactionPolicy, SurveyKind } from '@tenure/contracts';
import { dayMs } from '../time/calendar.ts';

export type SatisfactionBand = 'high' | 'middle' | 'low';

/** One thing that says how satisfied a customer is. */
export interface SatisfactionItem {
  readonly at: number;
  readonly kind: SurveyKind | 'followUp' | 'complaint';
  /** As answered: CSAT 1-5, NPS 0-10, CES 1-7; a follow-up's 1-5; 0 for a complaint. */
  readonly answer: number;
}

/** The answer on a scale from 0 to 1. */
function normalised({ kind, answer }: Pick<SatisfactionItem, 'kind' | 'answer'>): number {
  switch (kind) {
    case 'csat':
    case 'followUp':
      return (answer - 1) / 4;
    case 'nps':
      return answer / 10;
    case 'ces':
      return (answer - 1) / 6;
    case 'complaint':
      return 0;
    default:
      return kind satisfies never;
  }
}

/**
 * 100 x the weighted mean, rounded; null without items. Weights halve with age, so the mean does not depend on when it is
 * asked for: ages are taken from the latest item.
 */
export function satisfactionScore(items: readonly SatisfactionItem[], policy: SatisfactionPolicy): number | null {
  const latest = items.reduce((time, item) => Math.max(time, item.at), Number.NEGATIVE_INFINITY);
  const halfLifeMs = policy.halfLifeDays * dayMs;
  let weights = 0;
  let sum = 0;
  for (const item of items) {
    const weight = policy.weights[item.kind] * 2 ** ((item.at - latest) / halfLifeMs);
    weights += weight;
    sum += weight * normalised(item);
  }
  return weights === 0 ? null : Math.round((100 * sum) / weights);
}

export function satisfactionBand(score: number | null, policy: SatisfactionPolicy): SatisfactionBand | null {
  if (score === null) return null;
  if (score >= policy.bands.high) return 'high';
  return score >= policy.bands.middle ? 'middle' : 'low';
}
