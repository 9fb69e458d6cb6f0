import { type Complaint, DAY, type DatedFact, type FollowUp } from './facts.ts';

/** `exact` is the score before it is rounded, for those who compare near a half. */
export type Satisfaction = { score: number; exact: number; band: 'high' | 'middle' | 'low' };

type Item = { at: number; value: number; weight: number };

const HALF_LIFE = 180 * DAY;

/** The score of one customer from the facts known by an instant; null without an answer or a complaint. */
export function satisfactionAt(facts: readonly DatedFact[], asOf: number): Satisfaction | null {
  const known = facts.filter((fact) => fact.occurredAt <= asOf);
  const items = known.flatMap((fact) => itemOf(fact, known));
  if (items.length === 0) return null;
  const weighed = items.map(({ at, value, weight }) => ({ value, weight: weight * 2 ** (-(asOf - at) / HALF_LIFE) }));
  const weights = weighed.reduce((sum, { weight }) => sum + weight, 0);
  const exact = (100 * weighed.reduce((sum, { value, weight }) => sum + value * weight, 0)) / weights;
  const score = Math.round(exact);
  return { score, exact, band: score >= 75 ? 'high' : score >= 50 ? 'middle' : 'low' };
}

function itemOf(fact: DatedFact, known: readonly DatedFact[]): Item[] {
  const at = fact.occurredAt;
  switch (fact.kind) {
    case 'survey':
      if (fact.scale === 'csat') return [{ at, value: (fact.score - 1) / 4, weight: 1 }];
      if (fact.scale === 'nps') return [{ at, value: fact.score / 10, weight: 1 }];
      return [{ at, value: (fact.score - 1) / 6, weight: 0.5 }];
    case 'follow-up':
      return fact.satisfaction === null ? [] : [{ at, value: (fact.satisfaction - 1) / 4, weight: 1 }];
    case 'complaint':
      return known.some((other) => answers(other, fact)) ? [] : [{ at, value: 0, weight: 1 }];
    default:
      return [];
  }
}

function answers(fact: DatedFact, complaint: Complaint): fact is FollowUp {
  return (
    fact.kind === 'follow-up' &&
    fact.satisfaction !== null &&
    fact.source === complaint.source &&
    fact.complaint === complaint.id
  );
}
