import { calendarOf, defaultPolicies, derive, type Fact, policiesFrom } from '@tenure/domain';
import type { ChangedCustomer, ViewsContext } from '@tenure/runtime/views';
import { expect, it } from 'vitest';
import { loyaltyTimers } from './loyalty-timers.ts';

const bought = Date.UTC(2020, 0, 1);
const dayMs = 86_400_000;
const id = 'a'.repeat(32);

/** What is written about a customer who was just read from the log. */
function changesOf(facts: readonly Fact[], until: number) {
  const state = derive(facts, policiesFrom(defaultPolicies), calendarOf('UTC'), until);
  const changed = { customer: { id, ids: [id], notes: new Map() }, state, events: [] } as unknown as ChangedCustomer;
  return loyaltyTimers.customer?.(changed, {} as ViewsContext);
}

const order: Fact = { kind: 'purchase', at: bought, source: 'shop', id: '1', currency: 'GBP', total: 1_000 };

it('clears what fell due, also for customers whom it has not seen before', () => {
  const dueAt = bought + 730 * dayMs;
  expect(changesOf([order], bought)).toMatchObject([{ id, document: { dueAt } }]);
  expect(changesOf([order], dueAt)).toMatchObject([{ id, document: { dueAt: null } }]);
});

it('has no row for who never had points', () => {
  expect(changesOf([{ ...order, total: 0 }], bought)).toEqual([]);
});
