import type { InputRow, RowReader } from './input-row.ts';

/** A row a line; `divide` gives its cells. Lines of blanks alone are no rows. */
function createLineRows(divide: (line: string) => string[]): RowReader {
  let line = 0;
  return {
    push: (lines) => {
      const rows: InputRow[] = [];
      for (const text of lines) {
        line += 1;
        if (text.trim() !== '') rows.push({ line, cells: divide(text) });
      }
      return rows;
    },
    end: () => [],
  };
}

/** Rows of columns that are divided by blanks. */
export function createWhitespaceRows(): RowReader {
  return createLineRows((line) => line.trim().split(/\s+/));
}

/** Rows of columns that stand at fixed places, counted in characters from 1. */
export function createFixedWidthRows(columns: readonly { readonly from: number; readonly to: number }[]): RowReader {
  return createLineRows((line) => columns.map(({ from, to }) => line.slice(from - 1, to).trim()));
}
