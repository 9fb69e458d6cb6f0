import { channel as channels } from '@tenure/contracts';
import { Business, type Customer, dayMs, midnightOf, nextId } from './business.ts';
import { type Buying, defaultFrictions, type Frictions, type Purchase, startBuying } from './buying.ts';
import { ask, planFollowUp, survey } from './caring.ts';
import { complain } from './complaining.ts';
import type { SimulatedFact } from './facts.ts';
import { type BuyingModel, cdnowSpend, livelyBuying, type SpendModel } from './habits.ts';
import { randomOf } from './random.ts';
import { defaultShops, type Shop } from './shop.ts';

/** What makes up a simulated business. Instants are ms since 1970 UTC. */
export interface SimulationOptions {
  /** The same seed and options give the same story. */
  readonly seed: number;
  readonly start: number;
  readonly customers: number;
  /** How long it runs, or until when (exclusive); without either 365 days. */
  readonly days?: number;
  readonly until?: number;
  /** Days from the start in which customers come for the first time, evenly; half of the whole unless given. */
  readonly arrivalDays?: number;
  /** Share of the customers who register and never buy. */
  readonly prospects?: number;
  readonly shops?: readonly Shop[];
  readonly buying?: BuyingModel;
  readonly spend?: SpendModel;
  readonly frictions?: Frictions;
}

/**
 * The life of a business, in the order in which its systems send (`at`): customers who register, buy by BG/NBD and
 * Gamma-Gamma (see habits.ts), give back, ask, complain, are asked how they feel, are visited, and stop. A few purchases
 * are sent days after they happened, so their refund may come before them. Each customer has a chance of their own: with
 * more of them, the first ones do the same. Memory grows with customers, not with facts.
 */
export function* simulate(options: SimulationOptions): Generator<SimulatedFact, void, undefined> {
  const { seed, start, customers, buying = livelyBuying, spend = cdnowSpend } = options;
  const { shops = defaultShops, prospects = 0.1, frictions = defaultFrictions } = options;
  const end = options.until ?? start + (options.days ?? 365) * dayMs;
  const arrivalMs = options.arrivalDays === undefined ? (end - start) / 2 : options.arrivalDays * dayMs;
  const business = new Business(start);
  const scene: Buying = {
    buying,
    spend,
    frictions,
    shops,
    after: (customer, purchase) => afterPurchase(business, customer, purchase),
  };
  for (let number = 1; number <= customers; number++) {
    const customer = newCustomer(seed, number);
    const arrival = start + arrivalMs * customer.random.uniform();
    business.at(midnightOf(arrival), () => {
      if (customer.random.chance(prospects)) arriveAsProspect(business, customer);
      else arriveAsBuyer(business, customer, scene, arrival);
    });
  }
  yield* business.run(end);
}

function newCustomer(seed: number, number: number): Customer {
  const random = randomOf(seed, number);
  return {
    number,
    random,
    key: { source: 'members', key: `M${String(number).padStart(6, '0')}` },
    channel: random.pick(channels.options),
    temper: random.beta(8, 2),
    grievance: 0,
    counts: new Map(),
  };
}

function arriveAsProspect(business: Business, customer: Customer): void {
  business.atWorkAfter(customer.random.uniform() * dayMs, () => {
    register(business, customer);
    if (customer.random.chance(0.5)) ask(business, customer, 'inquiry');
  });
}

function arriveAsBuyer(business: Business, customer: Customer, scene: Buying, arrival: number): void {
  const { random } = customer;
  if (random.chance(0.5)) {
    business.atWorkAfter(random.exponential(10 * dayMs), () => register(business, customer));
  }
  if (random.chance(0.05)) business.atWorkAfter(random.exponential(60 * dayMs), () => useApp(business, customer));
  startBuying(business, customer, scene, arrival);
}

function register(business: Business, { random, key, number }: Customer): void {
  const observedAt = business.instant;
  const observed = <T extends string | boolean>(value: T) => ({
    value,
    source: 'registration-form' as const,
    observedAt,
  });
  const year = 1945 + random.below(60);
  const birthDate = new Date(Date.UTC(year, 0, 1 + random.below(365))).toISOString().slice(0, 10);
  business.send({
    kind: 'registration',
    body: {
      customer: key,
      kind: 'person',
      occurredAt: observedAt,
      attributes: {
        givenName: observed(`Member ${number}`),
        birthDate: observed(birthDate),
        country: observed(random.weighted([['GB', 7] as const, ['FR', 2] as const, ['CN', 1] as const])),
        newsletter: observed(random.chance(0.4)),
      },
      contactPoints: [{ kind: 'email', value: `member${number}@example.com`, source: 'registration-form', observedAt }],
    },
  });
}

/** The customer turns up under another key, and somebody sees that it is the same person. */
function useApp(business: Business, customer: Customer): void {
  const other = { source: 'app', key: `A${customer.number}` };
  const common = { source: 'app', contactId: nextId(customer, 'a'), customer: other, occurredAt: business.instant };
  business.send({
    kind: 'fact',
    line: { type: 'contact', ...common, channel: 'bot', direction: 'in', kind: 'inquiry' },
  });
  business.atWorkAfter(customer.random.exponential(2 * dayMs), () => {
    const { source, key: id } = customer.key;
    business.send({ kind: 'action', of: 'customer', action: 'links', source, id, body: { customer: other } });
  });
}

/** What a purchase leads to, more or less often. A surly customer complains more. */
function afterPurchase(business: Business, customer: Customer, purchase: Purchase): void {
  const { random } = customer;
  const happens = (probability: number, afterDays: number, run: () => void) => {
    if (random.chance(probability)) business.atWorkAfter(random.exponential(afterDays * dayMs), run);
  };
  happens(0.08, 4, () => ask(business, customer, 'after-sales'));
  happens(0.06, 15, () => ask(business, customer, 'inquiry'));
  happens(0.02, 10, () => ask(business, customer, 'suggestion'));
  happens(0.18 * (1.15 - customer.temper), 5, () => complain(business, customer, purchase));
  happens(0.2, 3, () => survey(business, customer, purchase));
  happens(0.04, 6, () => planFollowUp(business, customer));
}
