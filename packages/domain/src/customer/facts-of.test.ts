import { expect, it } from 'vitest';
import { defaultPolicies } from '../policies/defaults.ts';
import { policiesFrom } from '../policies/schedule.ts';
import { calendarOf } from '../time/calendar.ts';
import { derive } from './derive.ts';
import { factsOf, type HistoricEvent } from './facts-of.ts';

const at = Date.UTC(2011, 0, 1);

/** An observation in the profile of one of a customer's ids. */
const observed = (hash: string, city: string): HistoricEvent => ({
  type: 'AttributesChanged',
  data: { changes: [{ name: 'city', category: 'contact', source: 'sales', observedAt: new Date(at).toISOString() }] },
  personal: { values: { city } },
  occurredAt: at,
  stream: `profile-${hash}`,
  revision: 1,
});

it('what two profiles of one customer say of an attribute at one instant are two facts, in one order', () => {
  const events = [observed('b'.repeat(32), 'Bath'), observed('a'.repeat(32), 'York')];
  const city = (facts: readonly HistoricEvent[]) =>
    derive(facts.flatMap(factsOf), policiesFrom(defaultPolicies), calendarOf('UTC'), at)?.attributes.get('city')?.value;
  expect(city(events)).toBe('Bath');
  expect(city(events.toReversed())).toBe('Bath');
});
