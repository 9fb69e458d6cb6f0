/** Where a table puts a column's values. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null;
}

/** Lines of a table: titles, then a line a row; numbers stand right, the last column may run on to `width`. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width = Infinity): string[] {
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const texts = [columns.map(({ title }) => title), ...cells.map((row) => row.map((value) => String(value ?? '')))];
  const widths = columns.map((_, index) => Math.max(...texts.map((row) => widthOf(row[index] ?? ''))));
  const isNumber = columns.map((_, index) => cells.length > 0 && cells.every((row) => typeof row[index] === 'number'));
  return texts.map((row) => {
    const padded = row.map((text, index) => {
      if (isNumber[index]) return ' '.repeat((widths[index] ?? 0) - widthOf(text)) + text;
      return index === row.length - 1 ? text : text + ' '.repeat((widths[index] ?? 0) - widthOf(text));
    });
    return clip(padded.join('  ').trimEnd(), width);
  });
}

// Chinese characters and the like are two columns wide on a terminal.
const wide = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u;

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += wide.test(character) ? 2 : 1;
  return width;
}

function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += widthOf(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
