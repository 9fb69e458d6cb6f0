import { describe, expect, it } from 'vitest';
import { createCsvRows } from './csv-rows.ts';
import type { InputRow } from './input-row.ts';

function rowsOf(text: string, portion = 1000): InputRow[] {
  const reader = createCsvRows({ delimiter: ',', quote: '"' });
  const lines = text.split('\n');
  const rows: InputRow[] = [];
  for (let at = 0; at < lines.length; at += portion) rows.push(...reader.push(lines.slice(at, at + portion)));
  return [...rows, ...reader.end()];
}

describe('comma-separated values', () => {
  it('divide at delimiters outside of quotes', () => {
    expect(rowsOf('a, b ,\n"x, y","he said ""no""",""')).toEqual([
      { line: 1, cells: ['a', 'b', ''] },
      { line: 2, cells: ['x, y', 'he said "no"', ''] },
    ]);
  });

  it('run over lines within quotes, in whatever portions they come', () => {
    const text = '1,"a\nb\n\nc"\n2,d\n\n3,"e"';
    const expected = [
      { line: 1, cells: ['1', 'a\nb\n\nc'] },
      { line: 5, cells: ['2', 'd'] },
      { line: 7, cells: ['3', 'e'] },
    ];
    for (const portion of [1, 2, 3, 100]) expect(rowsOf(text, portion)).toEqual(expected);
  });

  it('lose one line to a stray quote, and none after it', () => {
    expect(rowsOf('1,a"b\n2,c\n"x"y,3\n4,d\n5,6" nail\n7,"e"')).toEqual([
      { line: 1, cells: ['1,a"b'], fault: 'has a quote in the wrong place' },
      { line: 2, cells: ['2', 'c'] },
      { line: 3, cells: ['"x"y,3'], fault: 'has a quote in the wrong place' },
      { line: 4, cells: ['4', 'd'] },
      { line: 5, cells: ['5,6" nail'], fault: 'has a quote in the wrong place' },
      { line: 6, cells: ['7', 'e'] },
    ]);
  });

  it('lose one line to a quote that is never closed', () => {
    const after = Array.from({ length: 1000 }, (_, index) => `${index},x`);
    const rows = rowsOf(['0,"never', ...after].join('\n'), 7);
    expect(rows[0]).toEqual({ line: 1, cells: ['0,"never'], fault: 'has a quote that is never closed' });
    expect(rows).toHaveLength(1001);
    expect(rows.at(-1)).toEqual({ line: 1001, cells: ['999', 'x'] });
  });

  it('may know no quotes', () => {
    const reader = createCsvRows({ delimiter: '\t', quote: null });
    expect(reader.push(['1\t6" nail', '2\t"'])).toEqual([
      { line: 1, cells: ['1', '6" nail'] },
      { line: 2, cells: ['2', '"'] },
    ]);
  });
});
