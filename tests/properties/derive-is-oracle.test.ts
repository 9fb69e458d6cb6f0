import { type Calendar, CustomerFold, calendarOf, defaultPolicies, derive, policiesFrom } from '@tenure/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomised, randomisedMs } from '../support/randomised.ts';
import { derived, reckoned } from './second-reckoning.ts';
import { noon, productFacts, toldFacts } from './told-facts.ts';

const policies = policiesFrom(defaultPolicies);
const zones = ['UTC', 'Europe/Berlin', 'America/New_York'] as const;
const calendars: ReadonlyMap<string, Calendar> = new Map(zones.map((zone) => [zone, calendarOf(zone)]));

const instants = fc.oneof(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 0, max: 2100 })).map(noon);

describe('what is derived is what a second, independent reckoning finds', () => {
  it.each(zones)(
    'from all facts at once, days in %s',
    (zone) => {
      const calendar = calendars.get(zone) ?? calendarOf(zone);
      fc.assert(
        fc.property(toldFacts, instants, (facts, asOf) => {
          const state = derive(productFacts(facts), policies, calendar, asOf);
          const second = reckoned(facts, 'ann', asOf, zone);
          expect(derived(state, second)).toEqual(second);
        }),
        randomised(2_000),
      );
    },
    randomisedMs,
  );

  it(
    'from facts that come in any order, a few at a time',
    () => {
      const places = fc.array(fc.nat(1_000), { minLength: 30, maxLength: 30 });
      fc.assert(
        fc.property(toldFacts, instants, fc.constantFrom(...zones), places, (facts, asOf, zone, random) => {
          const fold = new CustomerFold(policies, calendars.get(zone) ?? calendarOf(zone));
          const known = productFacts(facts).filter(({ at }) => at <= asOf);
          const arriving = known
            .map((fact, index) => ({ fact, place: random[index % random.length] ?? 0 }))
            .sort((left, right) => left.place - right.place)
            .map(({ fact }) => fact);
          while (arriving.length > 0) {
            fold.add(arriving.splice(0, 1 + ((random[arriving.length % random.length] ?? 0) % 3)));
            // Looking at what it comes to must not change it.
            fold.at(asOf);
          }
          const second = reckoned(facts, 'ann', asOf, zone);
          expect(derived(fold.at(asOf), second)).toEqual(second);
        }),
        randomised(2_000),
      );
    },
    randomisedMs,
  );
});
