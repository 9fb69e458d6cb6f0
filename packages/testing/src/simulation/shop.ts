import type { PurchaseLine } from '@tenure/contracts';
import type { Random } from './random.ts';

/** Where people buy. */
export interface Shop {
  readonly name: string;
  /** The system that publishes its purchases. */
  readonly source: string;
  readonly channel: 'web' | 'app' | 'store';
  readonly currency: string;
  /** How much of the business it does, against the others. */
  readonly weight: number;
}

export const defaultShops: readonly [Shop, ...Shop[]] = [
  { name: 'online', source: 'web-shop', channel: 'web', currency: 'GBP', weight: 5 },
  { name: 'mobile', source: 'app', channel: 'app', currency: 'GBP', weight: 2 },
  { name: 'london', source: 'till-london', channel: 'store', currency: 'GBP', weight: 3 },
  { name: 'paris', source: 'till-paris', channel: 'store', currency: 'EUR', weight: 1 },
];

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly priceMinor: number;
}

const things: Readonly<Record<string, readonly string[]>> = {
  kitchen: ['tea towel', 'mixing bowl', 'cake stand', 'teapot', 'cutting board', 'pan'],
  home: ['candle', 'cushion', 'light holder', 'picture frame', 'blanket', 'lamp'],
  garden: ['seed packet', 'flower pot', 'watering can', 'bird house', 'lantern', 'folding chair'],
  office: ['pencil', 'notebook', 'desk tidy', 'letter rack', 'globe', 'clock'],
  toys: ['card game', 'skipping rope', 'puzzle', 'wooden train', 'doll house', 'scooter'],
};
const colours = ['white', 'red', 'blue', 'green', 'yellow'];
const pricesMinor = [125, 285, 595, 1095, 1995, 4250];

/** What is sold, cheapest first. */
export const products: readonly Product[] = Object.entries(things)
  .flatMap(([category, names]) =>
    names.flatMap((name, rank) =>
      colours.map((colour, shade) => ({
        id: `${category.slice(0, 2).toUpperCase()}${rank}${shade}`,
        name: `${colour} ${name}`,
        category,
        priceMinor: (pricesMinor[rank] ?? 0) + 10 * shade,
      })),
    ),
  )
  .sort((left, right) => left.priceMinor - right.priceMinor);

const cheapestMinor = products[0]?.priceMinor ?? 1;

/** How many products cost `minor` or less. */
const affordable = Array.from({ length: 5001 }, (_, minor) => products.filter((one) => one.priceMinor <= minor).length);

/**
 * Lines that amount to exactly `totalMinor`: products at their prices, and what is left as postage, so that an order has
 * the amount that the model drew and yet looks like one.
 */
export function fillBasket(random: Random, totalMinor: number): PurchaseLine[] {
  const lines: PurchaseLine[] = [];
  let left = totalMinor;
  while (left >= cheapestMinor && lines.length < 6) {
    const count = affordable[Math.min(left, affordable.length - 1)] ?? 0;
    // The square favours what is dear, so that few lines make up an order.
    const product = products[Math.floor(count * Math.sqrt(random.uniform()))];
    if (product === undefined) break;
    const most = Math.min(Math.floor(left / product.priceMinor), 12);
    const quantity = most > 1 ? 1 + random.below(most) : 1;
    const amountMinor = quantity * product.priceMinor;
    const { id: productId, name, category, priceMinor } = product;
    const lineId = String(lines.length + 1);
    lines.push({ lineId, productId, name, category, quantity, unitPrice: decimal(priceMinor), amountMinor });
    left -= amountMinor;
  }
  if (left > 0 || lines.length === 0) lines.push(postage(lines.length + 1, left));
  return lines;
}

const postageId = 'POST';

function postage(line: number, amountMinor: number): PurchaseLine {
  const [productId, name] = [postageId, 'postage'];
  return { lineId: String(line), productId, name, quantity: 1, unitPrice: decimal(amountMinor), amountMinor };
}

/** Whether a line is of something that can be brought back. */
export function isReturnable(line: PurchaseLine): boolean {
  return line.productId !== postageId && line.quantity > 0 && line.amountMinor > 0;
}

/** Minor units as a decimal; all currencies of the simulation have hundredths. */
function decimal(minor: number): string {
  const whole = Math.floor(minor / 100);
  return `${whole}.${String(minor - 100 * whole).padStart(2, '0')}`;
}
