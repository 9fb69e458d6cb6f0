import type { FactLine, PurchaseLine, RefundLine } from '@tenure/contracts';
import { type Business, type Customer, dayMs, hourMs, midnightOf, nextId, weekMs } from './business.ts';
import { type BuyingModel, drawHabit, drawSpendRate, type SpendModel } from './habits.ts';
import { fillBasket, isReturnable, type Shop } from './shop.ts';

/** How often things happen that the buying model knows nothing of: probabilities per purchase. */
export interface Frictions {
  /** Bought in a store without showing who one is. */
  readonly anonymous: number;
  /** Of those: claimed later. */
  readonly claimed: number;
  /** A store sends the purchase hours or days late. */
  readonly late: number;
  readonly refund: number;
  /** Of refunds: the whole order, else a line of it. */
  readonly whole: number;
  /** Of refunds: they name no purchase. */
  readonly unmatched: number;
}

export const defaultFrictions: Frictions = {
  anonymous: 0.15,
  claimed: 0.3,
  late: 0.1,
  refund: 0.07,
  whole: 0.4,
  unmatched: 0.15,
};

export interface Purchase {
  readonly orderId: string;
  readonly shop: Shop;
  readonly lines: readonly PurchaseLine[];
  readonly known: boolean;
}

export interface Buying {
  readonly buying: BuyingModel;
  readonly spend: SpendModel;
  readonly frictions: Frictions;
  readonly shops: readonly Shop[];
  /** Called after each purchase. */
  readonly after: (customer: Customer, purchase: Purchase) => void;
}

/** Lets a customer buy for the first time at `first`, some time today, and then by their habit until they stop. */
export function startBuying(business: Business, customer: Customer, scene: Buying, first: number): void {
  const { random } = customer;
  const habit = drawHabit(random, scene.buying);
  const spendRate = drawSpendRate(random, scene.spend);
  const favourite = random.weighted(scene.shops.map((shop) => [shop, shop.weight] as const));

  const visit = (at: number) => {
    const shop = random.chance(0.8) ? favourite : random.weighted(scene.shops.map((one) => [one, one.weight] as const));
    const totalMinor = Math.max(1, Math.round(100 * random.gamma(scene.spend.p, spendRate)));
    business.at(openHour(at), () => scene.after(customer, buy(business, customer, shop, totalMinor, scene.frictions)));
    if (at > first && random.chance(habit.dropout)) return;
    const next = at + random.exponential(weekMs / habit.rate);
    // A day's visits are planned at its midnight, before the shop opens.
    business.at(midnightOf(next), () => visit(next));
  };
  visit(first);
}

/** Squeezes a day into its opening hours, 8 to 20 o'clock: dates stay, and so does the order. */
function openHour(at: number): number {
  const midnight = midnightOf(at);
  return midnight + 8 * hourMs + (at - midnight) / 2;
}

function buy(business: Business, customer: Customer, shop: Shop, totalMinor: number, frictions: Frictions): Purchase {
  const { random } = customer;
  const { source, currency, channel, name } = shop;
  const isStore = channel === 'store';
  const known = !(isStore && random.chance(frictions.anonymous));
  const orderId = nextId(customer, 'o');
  const lines = fillBasket(random, totalMinor);
  const line: FactLine = {
    type: 'purchase',
    source,
    orderId,
    occurredAt: business.instant,
    customer: known ? customer.key : null,
    currency,
    channel,
    shop: name,
    lines,
  };
  const delayMs = isStore && random.chance(frictions.late) ? hourMs + random.exponential(2 * dayMs) : 0;
  if (delayMs === 0) business.send({ kind: 'fact', line });
  else business.at(business.now + delayMs, () => business.send({ kind: 'fact', line }));

  const purchase: Purchase = { orderId, shop, lines, known };
  if (!known && random.chance(frictions.claimed)) {
    business.atWorkAfter(delayMs + random.exponential(6 * dayMs), () => claim(business, customer, purchase));
  }
  if (random.chance(frictions.refund)) {
    // Some see at once what is wrong, most take their time.
    const meanMs = random.chance(0.25) ? 3 * hourMs : 10 * dayMs;
    business.atWorkAfter(random.exponential(meanMs), () => refund(business, customer, purchase, frictions));
  }
  return purchase;
}

function claim(business: Business, customer: Customer, { shop, orderId }: Purchase): void {
  const body = { customer: customer.key };
  business.send({ kind: 'action', of: 'purchase', action: 'claim', source: shop.source, id: orderId, body });
}

function refund(business: Business, customer: Customer, purchase: Purchase, frictions: Frictions): void {
  const { random } = customer;
  const { shop, orderId, known } = purchase;
  const returnable = purchase.lines.filter(isReturnable);
  if (returnable.length === 0) return;
  const isWhole = random.chance(frictions.whole);
  const lines = isWhole ? purchase.lines.map(wholeLine) : [partOf(random.pick(returnable), random.uniform())];
  const isUnmatched = random.chance(frictions.unmatched);
  business.send({
    kind: 'fact',
    line: {
      type: 'refund',
      source: shop.source,
      refundId: nextId(customer, 'r'),
      ...(isUnmatched ? {} : { originalOrderId: orderId }),
      occurredAt: business.instant,
      customer: known ? customer.key : null,
      currency: shop.currency,
      reason: random.pick(['broken', 'does not fit', 'not as shown', 'came late']),
      lines: isUnmatched ? lines.map(({ originalLineId: _, ...line }) => line) : lines,
    },
  });
}

function wholeLine({ lineId, productId, quantity, amountMinor }: PurchaseLine): RefundLine {
  return { lineId, originalLineId: lineId, productId, quantity, amountMinor };
}

/** Some or all pieces of a line. */
function partOf(line: PurchaseLine, share: number): RefundLine {
  const quantity = 1 + Math.floor(share * line.quantity);
  const amountMinor = Math.max(1, Math.floor((line.amountMinor * quantity) / line.quantity));
  return { lineId: '1', originalLineId: line.lineId, productId: line.productId, quantity, amountMinor };
}
