import type { ColumnValue } from './columns.ts';
import type { Connection } from './connection.ts';
import type { Segment } from './order.ts';

/** A range of one column to walk down, where documents with the same value come by id, upwards. */
export interface Descent {
  /** With the index on the column and the id. */
  readonly table: string;
  readonly where: Segment;
  readonly column: string;
  readonly from: Segment;
}

const CHUNK = 256;

/**
 * The row numbers of a descent. An index read backwards gives ties in the wrong order, and having SQLite sort them means
 * to read all with the same value first, half of a collection perhaps. So it is read in chunks: small groups of ties are
 * turned round, a group larger than a chunk is read by id.
 */
export function* descend(connection: Connection, { table, where, column, from }: Descent): Generator<number> {
  const select = (what: string, bound: string, end: string) =>
    connection.prepare(`select ${what} from ${table} where (${where.sql}) and (${bound}) order by ${end}`);
  let bound = from;
  for (;;) {
    const chunk = select(`seq, ${column} as value`, bound.sql, `${column} desc, id desc limit ${CHUNK}`);
    const rows = chunk.all(...where.params, ...bound.params).map((row) => ({ seq: Number(row.seq), value: row.value }));
    const groups = groupTies(rows);
    if (rows.length < CHUNK) {
      yield* groups.flatMap((group) => group.seqs.reverse());
      return;
    }
    const last = groups.pop();
    if (last === undefined) return;
    yield* groups.flatMap((group) => group.seqs.reverse());
    if (groups.length === 0) {
      const ties = select('seq', `${column} = ?`, 'id').iterate(...where.params, last.value);
      for (const { seq } of ties) yield Number(seq);
    }
    bound = { sql: `${column} ${groups.length === 0 ? '<' : '<='} ?`, params: [last.value] };
  }
}

function groupTies(rows: readonly { seq: number; value: unknown }[]): { value: ColumnValue; seqs: number[] }[] {
  const groups: { value: ColumnValue; seqs: number[] }[] = [];
  for (const { seq, value } of rows) {
    const group = groups.at(-1);
    const own = value instanceof Uint8Array || typeof value === 'string' ? value : Number(value);
    if (group !== undefined && isSame(group.value, own)) group.seqs.push(seq);
    else groups.push({ value: own, seqs: [seq] });
  }
  return groups;
}

function isSame(a: ColumnValue, b: ColumnValue): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : a === b;
}
