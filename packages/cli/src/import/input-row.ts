/** A row of the file as it was found. */
export interface InputRow {
  /** Line of the file that it begins on, from 1. */
  readonly line: number;
  /** Blanks at the ends are taken away. The whole text, if it could not be divided. */
  readonly cells: readonly string[];
  /** Why it cannot be read. */
  readonly fault?: string;
}

/** Divides lines into rows. A row that the lines so far do not end waits for the next call. */
export interface RowReader {
  push(lines: readonly string[]): InputRow[];
  end(): InputRow[];
}
