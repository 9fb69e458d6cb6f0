import { calendarOf, defaultPolicies, derive, explain, explainedFields, policiesFrom } from '@tenure/domain';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomised, randomisedMs } from '../support/randomised.ts';
import { noon, productFacts, toldFacts } from './told-facts.ts';

const policies = policiesFrom(defaultPolicies);
const calendar = calendarOf('UTC');
const instants = fc.oneof(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 0, max: 2100 })).map(noon);

it(
  'what is explained is what is derived, whatever happened in whatever order',
  () => {
    fc.assert(
      fc.property(toldFacts, instants, (told, asOf) => {
        const facts = productFacts(told);
        const state = derive(facts, policies, calendar, asOf);
        const explained = Object.fromEntries(
          explainedFields.map((field) => [field, explain(field, facts, policies, calendar, asOf)]),
        );
        if (state === undefined) {
          expect(Object.values(explained)).toEqual(explainedFields.map(() => undefined));
          return;
        }
        const { stage, tier, points, satisfaction, spend } = explained;
        expect(stage).toMatchObject({ value: state.stage, since: state.stageSince });
        expect(tier?.value).toBe(state.account.tier);
        if (state.account.tierSince !== null) expect(tier?.since).toBe(state.account.tierSince);
        expect(points?.value).toBe(state.account.balance);
        expect(satisfaction?.value).toBe(state.satisfaction);
        expect(explained.class?.value).toBe(state.class);
        expect(spend?.because.map(({ value, numbers }) => [numbers.currency, value])).toEqual([...state.spend]);
        // Nothing is explained by what had not happened yet.
        for (const one of Object.values(explained))
          for (const fact of one?.facts ?? []) expect(fact.at).toBeLessThanOrEqual(asOf);
      }),
      randomised(1_000),
    );
  },
  randomisedMs,
);
