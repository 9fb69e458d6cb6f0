import { CustomerFold, calendarOf, defaultPolicies, policiesFrom } from '@tenure/domain';
import { describe, expect, it } from 'vitest';
import type { KnownCustomer } from './known-customer.ts';
import { KnownCustomers } from './known-customers.ts';

const id = 'a'.repeat(32);

describe('customers that are known', () => {
  const newFold = (): CustomerFold => new CustomerFold(policiesFrom(defaultPolicies), calendarOf('UTC'));
  const customer = (): KnownCustomer => ({
    id,
    ids: [id],
    fold: newFold(),
    standings: undefined,
    isRetold: false,
    foldedUpTo: new Map(),
    changedAt: '',
    until: 0,
    profileRevision: -1,
    marks: new Map(),
    notes: new Map(),
  });

  it.each([
    ['all of them', (known: KnownCustomers) => known.clear()],
    ['one of them', (known: KnownCustomers) => known.forget(id)],
  ])('I5: stay forgotten when somebody had just found them, and was about to use them: %s', (_, forget) => {
    const memory = { maxFacts: 100, maxTextLength: 1_000 };
    const known = new KnownCustomers({ memory, mayKeep: () => true, newFold, newStandings: () => undefined });
    const found = customer();
    known.keep(found);
    forget(known);
    // What a projection noted of it was never written.
    known.use(found);
    expect(known.get(id)).toBeUndefined();
    known.keep(found);
    known.release(found);
    expect(known.get(id)).toBeUndefined();
    const again = customer();
    known.keep(again);
    known.use(again);
    expect(known.get(id)).toBe(again);
  });
});
