import { UsageError } from '../errors.ts';
import type { Cells, Columns } from './columns.ts';
import { compileDatePattern } from './date-pattern.ts';
import { createDecimalReader, type Decimal, formatDecimal, minorUnitExponent, multiply, toScale } from './decimal.ts';
import { createLocalTime } from './local-time.ts';
import type { ImportMap } from './map-schema.ts';
import type { FactKind } from './order-key.ts';

/** What a row says of its order. Rows of one order must agree in all of it. */
export interface OrderFields {
  readonly customerKey: string | null;
  readonly currency: string;
  readonly channel: string | undefined;
  readonly shop: string | undefined;
  readonly campaign: string | undefined;
  readonly reason: string | undefined;
  readonly originalOrderId: string | undefined;
}

export interface LineFields {
  /** Undefined when the map has none: its ordinal is its id. */
  readonly id: string | undefined;
  readonly productId: string;
  readonly name: string | undefined;
  readonly category: string | undefined;
  /** Positive in a refund, where the file has it as the map says. */
  readonly quantity: number;
  readonly unitPrice: string | undefined;
  /** In the currency's minor unit; in a refund as quantity. */
  readonly amountMinor: number;
}

export interface RowContent {
  readonly order: OrderFields;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
  readonly line: LineFields;
}

export interface FaultyContent {
  readonly faults: readonly string[];
}

type Report = (fault: string) => undefined;

/** Reads rows as a map says. A row that cannot be read answers everything that is wrong with it. */
export function createRowContent(map: ImportMap, columns: Columns) {
  const occurredAtOf = createDateReader(map.occurredAt, columns);
  const amountsOf = createAmountsReader(map, columns);
  const orderOf = createOrderReader(map, columns);
  const { line } = map;
  const [id, productId] = [columns.text(line.id), columns.text(line.productId)];
  const [name, category] = [columns.text(line.name), columns.text(line.category)];
  return (cells: Cells, kind: FactKind): RowContent | FaultyContent => {
    const faults: string[] = [];
    const report: Report = (fault) => {
      faults.push(fault);
    };
    const order = orderOf(cells, kind);
    const occurredAt = occurredAtOf(cells, report);
    const amounts = amountsOf(cells, kind, order.currency, report);
    if (faults.length > 0 || occurredAt === undefined || amounts === undefined) return { faults };
    const texts = {
      id: id(cells) || undefined,
      name: name(cells) || undefined,
      category: category(cells) || undefined,
    };
    return { order, occurredAt, line: { ...texts, ...amounts, productId: productId(cells) } };
  };
}

function createOrderReader(map: ImportMap, columns: Columns): (cells: Cells, kind: FactKind) => OrderFields {
  const key = columns.text(map.customer);
  const unknown = new Set(['', ...(map.customer.unknown ?? [])]);
  const currency = columns.text(map.currency);
  const [channel, shop, campaign] = [columns.text(map.channel), columns.text(map.shop), columns.text(map.campaign)];
  const reason = columns.text(map.refund?.reason);
  const original = columns.template(map.refund?.originalOrderId);
  return (cells, kind) => {
    const customerKey = key(cells);
    const purchase = kind === 'purchase';
    return {
      customerKey: unknown.has(customerKey) ? null : customerKey,
      currency: currency(cells),
      channel: purchase ? channel(cells) || undefined : undefined,
      shop: purchase ? shop(cells) || undefined : undefined,
      campaign: purchase ? campaign(cells) || undefined : undefined,
      reason: purchase ? undefined : reason(cells) || undefined,
      originalOrderId: purchase ? undefined : (original(cells) ?? undefined),
    };
  };
}

function createDateReader(rule: ImportMap['occurredAt'], columns: Columns) {
  const value = columns.column(rule.column);
  const pattern = compileDatePattern(rule.pattern);
  if (typeof pattern === 'string') throw new UsageError(`${rule.pattern}: ${pattern}`);
  const [hours = 0, minutes = 0, seconds = 0] = (rule.time ?? '').split(':').map(Number);
  const timeOfDay = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  const toInstant = createLocalTime(rule.zone ?? 'UTC');
  return (cells: Cells, report: Report): number | undefined => {
    const found = pattern.read(value(cells));
    if (found === undefined) return report(`${rule.column} ${JSON.stringify(value(cells))} is no ${rule.pattern}`);
    const localMs = found.localMs + timeOfDay;
    return found.offsetMs === undefined ? toInstant(localMs) : localMs - found.offsetMs;
  };
}

/** Quantity, unit price and amount: they depend on each other. */
function createAmountsReader(map: ImportMap, columns: Columns) {
  const { line, numbers, refund } = map;
  const read = createDecimalReader(numbers);
  const numberOf = (column: string) => {
    const value = columns.column(column);
    return (cells: Cells, report: Report): Decimal | undefined =>
      read(value(cells)) ?? report(`${column} ${JSON.stringify(value(cells))} is no number`);
  };
  const quantityOf = numberOf(line.quantity.column);
  const unitPriceOf = line.unitPrice === undefined ? undefined : numberOf(line.unitPrice.column);
  const amountOf = typeof line.amount === 'string' ? undefined : numberOf(line.amount.column);
  const negativeQuantities = refund?.quantities === 'negative';
  const negativeAmounts =
    amountOf === undefined ? negativeQuantities : (refund?.amounts ?? refund?.quantities) === 'negative';

  return (cells: Cells, kind: FactKind, currency: string, report: Report) => {
    const written = quantityOf(cells, report);
    const unitPrice = unitPriceOf?.(cells, report);
    const amount =
      amountOf === undefined ? written && unitPrice && multiply(written, unitPrice) : amountOf(cells, report);
    const exponent = minorUnitExponent(currency);
    if (exponent === undefined) return report(`${JSON.stringify(currency)} is no ISO 4217 currency code`);
    if (written === undefined || amount === undefined) return undefined;
    const quantity = toScale(written, 0, 'refuse');
    if (quantity === undefined) return report(`the quantity ${formatDecimal(written)} is not a whole number`);
    const minor = toScale(amount, exponent, numbers.rounding);
    if (minor === undefined) return report(`the amount ${formatDecimal(amount)} is finer than ${currency} can pay`);
    return {
      quantity: Number(kind === 'refund' && negativeQuantities ? -quantity : quantity),
      unitPrice: unitPrice && formatDecimal(unitPrice),
      amountMinor: Number(kind === 'refund' && negativeAmounts ? -minor : minor),
    };
  };
}
