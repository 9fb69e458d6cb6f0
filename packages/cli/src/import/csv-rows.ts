import type { InputRow, RowReader } from './input-row.ts';
import type { CsvFormat } from './map-schema.ts';

// A quoted text may run over lines; one that runs on beyond these was never closed.
const mostLinesOfRow = 200;

/**
 * Rows of comma-separated values by RFC 4180. A line that no row can begin with is a faulty row by itself, and reading
 * goes on with the line after it: a stray quote costs one line. The parsers on the market swallow what follows, up to the
 * next quote, without a word; hence this one.
 */
export function createCsvRows({ delimiter, quote }: Pick<CsvFormat, 'delimiter' | 'quote'>): RowReader {
  let pending: string[] = [];
  let consumed = 0;

  function take(final: boolean): InputRow[] {
    const rows: InputRow[] = [];
    let at = 0;
    while (at < pending.length) {
      const line = consumed + at + 1;
      let text = pending[at] ?? '';
      let length = 1;
      let cells = divide(text, delimiter, quote);
      while (cells === 'open' && length < mostLinesOfRow && at + length < pending.length) {
        text += `\n${pending[at + length]}`;
        length += 1;
        cells = divide(text, delimiter, quote);
      }
      if (cells === 'open' && length < mostLinesOfRow && !final) break;
      if (typeof cells !== 'string') {
        // An empty line is no row.
        if (text !== '') rows.push({ line, cells });
        at += length;
      } else {
        const fault = cells === 'open' ? 'has a quote that is never closed' : 'has a quote in the wrong place';
        rows.push({ line, cells: [pending[at] ?? ''], fault });
        at += 1;
      }
    }
    pending = pending.slice(at);
    consumed += at;
    return rows;
  }

  return {
    push: (lines) => {
      pending = pending.concat(lines);
      return take(false);
    },
    end: () => take(true),
  };
}

/** The cells of a row; 'open' when its last quote is not closed, 'misplaced' when a quote is where none may be. */
function divide(text: string, delimiter: string, quote: string | null): string[] | 'open' | 'misplaced' {
  if (quote === null || !text.includes(quote)) return text.split(delimiter).map(trim);
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (!text.startsWith(quote, at)) {
      const end = text.indexOf(delimiter, at);
      const cell = end === -1 ? text.slice(at) : text.slice(at, end);
      if (cell.includes(quote)) return 'misplaced';
      cells.push(cell.trim());
      if (end === -1) return cells;
      at = end + delimiter.length;
      continue;
    }
    let cell = '';
    at += quote.length;
    for (;;) {
      const end = text.indexOf(quote, at);
      if (end === -1) return 'open';
      cell += text.slice(at, end);
      at = end + quote.length;
      if (!text.startsWith(quote, at)) break;
      cell += quote;
      at += quote.length;
    }
    cells.push(cell.trim());
    if (at === text.length) return cells;
    if (!text.startsWith(delimiter, at)) return 'misplaced';
    at += delimiter.length;
  }
}

function trim(cell: string): string {
  return cell.trim();
}
