import type { PurchaseBody } from '@tenure/contracts';
import { dayMs } from './business.ts';
import { type BuyingModel, cdnowSpend, drawSpendRate, livelyBuying, type SpendModel } from './habits.ts';
import { type Random, randomOf } from './random.ts';
import { defaultShops, fillBasket } from './shop.ts';

export interface PurchaseSimulationOptions {
  readonly seed: number;
  readonly customers: number;
  readonly purchases: number;
  /** ms since 1970 UTC; 2024-01-01 unless given. */
  readonly start?: number;
  /** Days over which the purchases are spread; 365 unless given. */
  readonly days?: number;
  readonly buying?: BuyingModel;
  readonly spend?: SpendModel;
}

/**
 * Purchases alone, in the order in which they happened, cheaply: some 200,000 a second. Each customer buys at a rate drawn
 * as in the BG/NBD model and nobody stops, so all purchases together are one Poisson process, in which the next is by a
 * customer as often as their rate says. Amounts are by Gamma-Gamma.
 */
export function* simulatePurchases(options: PurchaseSimulationOptions): Generator<PurchaseBody, void, undefined> {
  const { seed, customers, purchases, start = Date.UTC(2024, 0, 1), days = 365 } = options;
  const { buying = livelyBuying, spend = cdnowSpend } = options;
  const random = randomOf(seed);
  const meanGapMs = (days * dayMs) / purchases;
  const rates = Float64Array.from({ length: customers }, () => random.gamma(buying.r, buying.alpha));
  const spendRates = Float64Array.from({ length: customers }, () => drawSpendRate(random, spend));
  const upTo = runningSums(rates);
  const shops = defaultShops.map((shop) => [shop, shop.weight] as const);

  let at = start;
  for (let number = 1; number <= purchases; number++) {
    at += random.exponential(meanGapMs);
    const buyer = drawBuyer(random, upTo);
    const shop = random.weighted(shops);
    const totalMinor = Math.max(1, Math.round(100 * random.gamma(spend.p, spendRates[buyer] ?? 1)));
    yield {
      source: shop.source,
      orderId: `p${number}`,
      occurredAt: new Date(at).toISOString(),
      customer: { source: 'members', key: `M${buyer + 1}` },
      currency: shop.currency,
      channel: shop.channel,
      shop: shop.name,
      lines: fillBasket(random, totalMinor),
    };
  }
}

function runningSums(rates: Float64Array): Float64Array {
  let sum = 0;
  return rates.map((rate) => {
    sum += rate;
    return sum;
  });
}

/** The index at which the running sum of rates passes a random point. */
function drawBuyer(random: Random, upTo: Float64Array): number {
  const point = random.uniform() * (upTo.at(-1) ?? 0);
  let low = 0;
  let high = upTo.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((upTo[middle] ?? 0) <= point) low = middle + 1;
    else high = middle;
  }
  return low;
}
