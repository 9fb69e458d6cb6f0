import type { Cells, Columns } from './columns.ts';
import { createDecimalReader } from './decimal.ts';
import type { ImportMap, RowTest } from './map-schema.ts';

export type FactKind = 'purchase' | 'refund';

/** Tells which fact a row belongs to. */
export interface OrderKeys {
  /** `ordinalMark` stands in it where the map has {nth}; null when the row has no id. */
  orderId(cells: Cells): string | null;
  /** Null when the row does not say. */
  kind(cells: Cells): FactKind | null;
}

export function createOrderKeys(map: ImportMap, columns: Columns): OrderKeys {
  const orderId = columns.template(map.orderId);
  if (map.refund === undefined) return { orderId, kind: () => 'purchase' };
  const isRefund = createRowTest(map.refund.when, map, columns);
  return {
    orderId,
    kind: (cells) => {
      const answer = isRefund(cells);
      if (answer === undefined) return null;
      return answer ? 'refund' : 'purchase';
    },
  };
}

function createRowTest(test: RowTest, map: ImportMap, columns: Columns): (cells: Cells) => boolean | undefined {
  const value = columns.column(test.column);
  if ('startsWith' in test) return (cells) => value(cells).startsWith(test.startsWith);
  if ('equals' in test) return (cells) => value(cells) === test.equals;
  if ('matches' in test) {
    const expression = new RegExp(test.matches, 'u');
    return (cells) => expression.test(value(cells));
  }
  const read = createDecimalReader(map.numbers);
  return (cells) => {
    const number = read(value(cells));
    return number === undefined ? undefined : number.units < 0n;
  };
}
