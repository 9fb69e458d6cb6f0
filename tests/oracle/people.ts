import { type Claim, type DatedFact, type Fact, isDated, type Link } from './facts.ts';

/** The dated facts, each once, claimed ones with their customer. */
export function attributed(facts: readonly Fact[]): DatedFact[] {
  const claimants = new Map<string, string>();
  for (const claim of facts.filter((fact): fact is Claim => fact.kind === 'claim')) {
    const order = name(claim.source, claim.id);
    if (!claimants.has(order)) claimants.set(order, claim.customer);
  }
  const claimantOf = (fact: DatedFact): string | null => {
    if (fact.kind === 'purchase') return claimants.get(name(fact.source, fact.id)) ?? null;
    if (fact.kind === 'refund' && fact.original !== null) {
      return claimants.get(name(fact.source, fact.original)) ?? null;
    }
    return null;
  };
  return onlyOnce(facts.filter(isDated)).map((fact) => ({ ...fact, customer: fact.customer ?? claimantOf(fact) }));
}

/** All keys of the customer that has the given one, itself included. */
export function keysOf(facts: readonly Fact[], customer: string): Set<string> {
  const keys = new Set([customer]);
  const links = facts.filter((fact): fact is Link => fact.kind === 'link');
  for (let before = 0; before < keys.size; ) {
    before = keys.size;
    for (const { customers } of links) {
      if (customers.some((key) => keys.has(key))) for (const key of customers) keys.add(key);
    }
  }
  return keys;
}

/** The dated facts of one customer, by any of its keys. */
export function factsOf(facts: readonly Fact[], customer: string): DatedFact[] {
  const keys = keysOf(facts, customer);
  return attributed(facts).filter((fact) => fact.customer !== null && keys.has(fact.customer));
}

/** The dated facts of every customer, under the first of its keys in the array. */
export function factsByCustomer(facts: readonly Fact[]): Map<string, DatedFact[]> {
  const links = facts.filter((fact) => fact.kind === 'link');
  const representative = new Map<string, string>();
  const own = new Map<string, DatedFact[]>();
  for (const fact of attributed(facts)) {
    if (fact.customer === null) continue;
    if (!representative.has(fact.customer)) {
      for (const key of keysOf(links, fact.customer)) representative.set(key, fact.customer);
    }
    const first = representative.get(fact.customer) ?? fact.customer;
    own.set(first, [...(own.get(first) ?? []), fact]);
  }
  return own;
}

/** The same fact twice is one fact. */
function onlyOnce(facts: readonly DatedFact[]): DatedFact[] {
  const seen = new Set<string>();
  return facts.filter((fact) => {
    const identity = JSON.stringify([fact.kind, fact.source, fact.id]);
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

function name(source: string, id: string): string {
  return JSON.stringify([source, id]);
}
