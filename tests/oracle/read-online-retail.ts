import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { instantOf } from './calendar.ts';
import { parseCsv } from './csv.ts';
import type { Line, Purchase, Refund } from './facts.ts';
import { parseHundredths, parseInteger } from './money.ts';

const COLUMNS = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';

type Row = {
  invoice: string;
  product: string;
  name: string;
  quantity: number;
  at: number;
  unitPrice: string;
  customer: string | null;
};

/**
 * Purchases and refunds of the Online Retail file, plain or gzipped, in the order of their first rows. An invoice is
 * all rows with its number, wherever they are; its instant the earliest; a line's id its ordinal, from 1.
 */
export function readOnlineRetail(file: string, source = 'online-retail'): (Purchase | Refund)[] {
  const bytes = readFileSync(file);
  const [header, ...rows] = parseCsv((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
  if (header?.join() !== COLUMNS) throw new Error(`${file} has other columns: ${header?.join()}`);
  const invoices = Map.groupBy(rows.map(parseRow), (row) => row.invoice);
  return [...invoices.values()].map((invoice) => toFact(invoice, source));
}

function parseRow(cells: string[]): Row {
  const [invoice = '', product = '', name = '', quantity = '', date = '', unitPrice = '', customer = ''] = cells;
  if (cells.length !== 8) throw new Error(`a row of ${cells.length} cells: ${cells.join()}`);
  return {
    invoice,
    product,
    name,
    quantity: parseInteger(quantity),
    at: instantOf(Date.parse(`${date.replace(' ', 'T')}Z`), 'Europe/London'),
    unitPrice,
    customer: customer === '' ? null : customer.replace(/\.0$/, ''),
  };
}

function toFact(rows: readonly Row[], source: string): Purchase | Refund {
  const customers = new Set(rows.map((row) => row.customer));
  const [first] = rows;
  if (first === undefined || customers.size !== 1) throw new Error(`invoice ${first?.invoice} has several customers`);
  const { invoice: id, customer } = first;
  const isRefund = id.startsWith('C');
  const lines = rows.map((row, index): Line => {
    const quantity = isRefund ? -row.quantity : row.quantity;
    // Nothing times a negative quantity is -0, which adding 0 makes 0.
    const amountMinor = quantity * parseHundredths(row.unitPrice) + 0;
    if (quantity === 0 || (isRefund && (quantity < 0 || amountMinor <= 0))) throw new Error(`a bad row in ${id}`);
    const { product: productId, unitPrice } = row;
    return { lineId: `${index + 1}`, productId, ...(row.name && { name: row.name }), quantity, unitPrice, amountMinor };
  });
  const told = { source, id, occurredAt: Math.min(...rows.map((row) => row.at)), customer, currency: 'GBP', lines };
  return isRefund ? { kind: 'refund', original: null, ...told } : { kind: 'purchase', ...told };
}
