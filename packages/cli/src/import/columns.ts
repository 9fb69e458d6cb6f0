import { UsageError } from '../errors.ts';
import type { TextRule } from './map-schema.ts';
import { fillTemplate, parseTemplate } from './order-id.ts';

export type Cells = readonly string[];

/** The columns of one file, from which a map takes the ones it needs. */
export interface Columns {
  readonly names: readonly string[];
  /** The value of a column. */
  column(name: string): (cells: Cells) => string;
  /** The value that a rule gives; empty without a rule. */
  text(rule: TextRule | undefined): (cells: Cells) => string;
  /** A template filled in; null when one of its columns is empty, and without a template. */
  template(source: string | undefined): (cells: Cells) => string | null;
  /** Columns that nobody asked for. */
  unused(): string[];
  /** Whether a column that somebody asked for holds what cannot be a text: U+FFFD stands for undecodable bytes. */
  damaged(cells: Cells): boolean;
  /** @throws UsageError when a column was asked for that the file does not have */
  check(): void;
}

export function createColumns(names: readonly string[]): Columns {
  const used = new Set<number>();
  const missing = new Set<string>();
  const column: Columns['column'] = (name) => {
    const index = names.indexOf(name);
    if (index === -1) missing.add(name);
    else used.add(index);
    return (cells) => cells[index] ?? '';
  };
  return {
    names,
    column,
    text: (rule) => {
      if (rule === undefined) return () => '';
      if ('constant' in rule) return () => rule.constant;
      const value = column(rule.column);
      if (rule.remove === undefined) return value;
      const remove = new RegExp(rule.remove, 'gu');
      return (cells) => value(cells).replace(remove, '').trim();
    },
    template: (source) => {
      const template = source === undefined ? undefined : parseTemplate(source);
      if (template === undefined) return () => null;
      if (typeof template === 'string') throw new UsageError(`${source}: ${template}`);
      const values = new Map(template.columns.map((name) => [name, column(name)]));
      return (cells) => fillTemplate(template, (name) => values.get(name)?.(cells) ?? '');
    },
    unused: () => names.filter((_, index) => !used.has(index)),
    damaged: (cells) => {
      for (const index of used) if (/[\0\uFFFD]/.test(cells[index] ?? '')) return true;
      return false;
    },
    check: () => {
      if (missing.size === 0) return;
      const list = (items: Iterable<string>) => [...items].map((item) => JSON.stringify(item)).join(', ');
      throw new UsageError(
        `The map names columns that the file does not have: ${list(missing)}. The file has ${list(names)}.`,
      );
    },
  };
}
