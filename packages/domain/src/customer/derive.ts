import type { Policies } from '../policies/schedule.ts';
import type { Calendar } from '../time/calendar.ts';
import { CustomerFold, type CustomerState } from './customer-fold.ts';
import type { Fact } from './fact.ts';

/**
 * Everything about a customer as a pure function of their facts, the policies and an instant: facts that happened later
 * are left out, timers up to it have fired. Undefined without any fact by then.
 */
export function derive(
  facts: readonly Fact[],
  policies: Policies,
  calendar: Calendar,
  until: number,
): CustomerState | undefined {
  const fold = new CustomerFold(policies, calendar);
  fold.add(facts.filter((fact) => fact.at <= until || fact.kind === 'key'));
  return fold.at(until);
}
