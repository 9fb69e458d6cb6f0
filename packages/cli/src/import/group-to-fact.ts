import {
  formatInstant,
  maxLines,
  type PurchaseBody,
  purchaseBody,
  type RefundBody,
  refundBody,
} from '@tenure/contracts';
import type { z } from 'zod';
import type { InputRow } from './input-row.ts';
import type { FileRead } from './read-file.ts';
import type { OrderFields, RowContent } from './row-content.ts';
import type { RowGroup } from './row-table.ts';

export interface ParkedRow {
  readonly row: InputRow;
  readonly order: string;
  readonly reason: string;
}

export type Fact = ({ readonly type: 'purchase' } & PurchaseBody) | ({ readonly type: 'refund' } & RefundBody);

/** A fact with the rows it was made of, or rows that none could be made of. */
export type GroupResult =
  | { readonly fact: Fact; readonly rows: readonly InputRow[]; readonly parked?: undefined }
  | { readonly parked: Iterable<ParkedRow> };

/**
 * Makes the fact of its rows. An order with a bad row is parked whole: a part of it would be a wrong fact, and could not
 * be completed later, since the same id with other content is a conflict.
 */
export function groupToFact(group: RowGroup, source: string, read: FileRead['read']): GroupResult {
  const { kind, id } = group;
  const rows = firstRows(group, maxLines + 1);
  // A map with the wrong order id can make one order of a whole file.
  if (rows.length > maxLines) return { parked: parkAll(group, `belongs to an order of more than ${maxLines} lines`) };

  const faults = new Map<InputRow, string>();
  const contents: RowContent[] = [];
  for (const row of rows) {
    if (kind === 'unclear' || row.fault !== undefined) {
      faults.set(row, row.fault ?? 'is unclear');
      continue;
    }
    const content = read(row.cells, kind);
    if ('faults' in content) faults.set(row, content.faults.join('; '));
    else contents.push(content);
  }
  if (faults.size === 0 && kind !== 'unclear') findDisagreements(rows, contents, faults);
  if (faults.size === 0 && kind !== 'unclear' && group.unclearLine === undefined) {
    const result = kind === 'purchase' ? toPurchase(id, source, contents) : toRefund(id, source, contents);
    if (result.fact !== undefined) return { fact: result.fact, rows };
    addIssues(result.issues, rows, faults);
  }
  const badLine = rows.find((row) => faults.has(row))?.line ?? group.unclearLine;
  const reasonOfOthers = `belongs to an order with a bad row, line ${badLine}`;
  return { parked: rows.map((row) => ({ row, order: id, reason: faults.get(row) ?? reasonOfOthers })) };
}

function firstRows(group: RowGroup, most: number): InputRow[] {
  const rows: InputRow[] = [];
  for (const row of group.rows()) if (rows.push(row) === most) break;
  return rows;
}

function* parkAll(group: RowGroup, reason: string): Generator<ParkedRow> {
  for (const row of group.rows()) yield { row, order: group.id, reason };
}

function findDisagreements(rows: readonly InputRow[], contents: readonly RowContent[], faults: Map<InputRow, string>) {
  const [first] = contents;
  for (const [index, row] of rows.entries()) {
    const other = contents[index];
    if (first === undefined || other === undefined) continue;
    const fields = Object.keys(first.order) as (keyof OrderFields)[];
    const different = fields.filter((field) => first.order[field] !== other.order[field]);
    if (different.length === 0) continue;
    faults.set(row, `differs from line ${rows[0]?.line} of its order in ${different.join(', ')}`);
  }
}

type Made = { readonly fact: Fact } | { readonly fact?: undefined; readonly issues: readonly z.core.$ZodIssue[] };

function common(source: string, contents: readonly RowContent[]) {
  const order = contents[0]?.order;
  const occurredAt = contents.reduce((earliest, content) => Math.min(earliest, content.occurredAt), Infinity);
  const key = order?.customerKey ?? null;
  return {
    source,
    occurredAt: formatInstant(occurredAt),
    customer: key === null ? null : { source, key },
    currency: order?.currency,
  };
}

function toPurchase(orderId: string, source: string, contents: readonly RowContent[]): Made {
  const order = contents[0]?.order;
  const body = {
    ...common(source, contents),
    orderId,
    ...present({ channel: order?.channel, shop: order?.shop, campaign: order?.campaign }),
    lines: contents.map(({ line }, index) => {
      const { id, productId, name, category, quantity, unitPrice, amountMinor } = line;
      const texts = present({ name, category, unitPrice });
      return { lineId: id ?? String(index + 1), productId, quantity, amountMinor, ...texts };
    }),
  };
  const parsed = purchaseBody.safeParse(body);
  return parsed.success ? { fact: { type: 'purchase', ...parsed.data } } : { issues: parsed.error.issues };
}

function toRefund(refundId: string, source: string, contents: readonly RowContent[]): Made {
  const order = contents[0]?.order;
  const body = {
    ...common(source, contents),
    refundId,
    ...present({ originalOrderId: order?.originalOrderId, reason: order?.reason }),
    lines: contents.map(({ line }, index) => {
      const { id, productId, quantity, amountMinor } = line;
      return { lineId: id ?? String(index + 1), productId, quantity, amountMinor };
    }),
  };
  const parsed = refundBody.safeParse(body);
  return parsed.success ? { fact: { type: 'refund', ...parsed.data } } : { issues: parsed.error.issues };
}

function present(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Lays each fault of the fact to the row it comes from; those of the order to its first. */
function addIssues(
  issues: readonly z.core.$ZodIssue[],
  rows: readonly InputRow[],
  faults: Map<InputRow, string>,
): void {
  for (const { path, message } of issues) {
    const inLine = path[0] === 'lines' && typeof path[1] === 'number';
    const row = rows[inLine ? Number(path[1]) : 0];
    if (row === undefined) continue;
    const reason = `${(inLine ? path.slice(2) : path).join('.')} ${message}`;
    const before = faults.get(row);
    faults.set(row, before === undefined ? reason : `${before}; ${reason}`);
  }
}
