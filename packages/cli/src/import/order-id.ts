/** A text with columns in it. */
export interface Template {
  /** Literal texts and the names of columns in turn: the first is literal, perhaps empty. */
  readonly parts: readonly string[];
  readonly columns: readonly string[];
  /** Whether the ordinal among the rows that are otherwise alike belongs to it. */
  readonly counts: boolean;
}

/** Stands in a filled template where the ordinal goes; in no cell, since controls are refused. */
export const ordinalMark = '\0';

const ordinal = 'nth';

/**
 * Reads `{Column}-{nth}`.
 * @returns what is wrong with it, as a string, when it is none
 */
export function parseTemplate(text: string): Template | string {
  const parts = text.split(/[{}]/);
  if (!/^[^{}]*(\{[^{}]+\}[^{}]*)+$/.test(text)) return 'must be a text with columns in braces, such as {InvoiceNo}';
  const columns = parts.filter((_, index) => index % 2 === 1);
  const named = columns.filter((column) => column !== ordinal);
  if (named.length === 0) return 'must name a column';
  if (columns.length - named.length > 1) return `must have {${ordinal}} no more than once`;
  return { parts, columns: named, counts: named.length < columns.length };
}

/**
 * Fills a template from a row; `{nth}` becomes `ordinalMark`.
 * @returns null when one of its columns is empty
 */
export function fillTemplate({ parts }: Template, cellOf: (column: string) => string): string | null {
  let filled = '';
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 0) filled += part;
    else if (part === ordinal) filled += ordinalMark;
    else {
      const value = cellOf(part);
      if (value === '') return null;
      filled += value;
    }
  }
  return filled;
}
