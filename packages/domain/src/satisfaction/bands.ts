import type { SatisfactionPolicy } from '@tenure/contracts';
import type { Fact } from '../customer/fact.ts';
import { ProfileFacets } from '../customer/profile-facets.ts';
import { inForce, type Schedule } from '../policies/schedule.ts';
import { type SatisfactionBand, satisfactionBand, satisfactionScore } from './satisfaction.ts';

/** A band, or none, from an instant on. */
export interface BandStep {
  readonly to: SatisfactionBand | null;
  readonly at: number;
}

type Heard = Extract<Fact, { readonly kind: 'survey-answer' | 'follow-up' | 'complaint' }>;

/** Whether a fact says how satisfied the customer is. */
export function isHeard(fact: Fact): fact is Heard {
  return fact.kind === 'survey-answer' || fact.kind === 'follow-up' || fact.kind === 'complaint';
}

/**
 * The bands of a customer from an instant on, each time that one may have changed. Weights halve with age, all alike: so
 * time alone changes no score, and what has to be looked at is what was said, and when another policy comes into force.
 */
export function bandSteps(
  facts: readonly Fact[],
  schedule: Schedule<SatisfactionPolicy>,
  from: number,
): readonly BandStep[] {
  const heard = facts.filter(isHeard);
  const first = heard[0];
  if (first === undefined) return [];
  const replaced = schedule.map((version) => version.from).filter((at) => at > first.at);
  const instants = new Set([...heard.map(({ at }) => at), ...replaced].filter((at) => at >= from));
  const profile = new ProfileFacets();
  let next = 0;
  return [...instants]
    .sort((left, right) => left - right)
    .map((at): BandStep => {
      for (let fact = heard[next]; fact !== undefined && fact.at <= at; fact = heard[++next]) profile.add(fact);
      const policy = inForce(schedule, at);
      const items = profile.satisfactionItems;
      if (policy === undefined || items.length === 0) return { to: null, at };
      return { to: satisfactionBand(satisfactionScore(items, policy), policy), at };
    });
}
