import { describe, expect, it } from 'vitest';
import { createFixedWidthRows, createWhitespaceRows } from './column-rows.ts';

describe('rows of columns', () => {
  it('are divided by blanks, however many', () => {
    const reader = createWhitespaceRows();
    expect(reader.push([' 00004 0001 19970101  2   29.33', '', '\t00004\t0001'])).toEqual([
      { line: 1, cells: ['00004', '0001', '19970101', '2', '29.33'] },
      { line: 3, cells: ['00004', '0001'] },
    ]);
    expect(reader.push(['1 2'])).toEqual([{ line: 4, cells: ['1', '2'] }]);
  });

  it('stand at fixed places, and may be cut short', () => {
    const places = [
      { from: 1, to: 5 },
      { from: 6, to: 13 },
      { from: 14, to: 20 },
    ];
    expect(createFixedWidthRows(places).push(['A 1  20110301  12,50', 'B'])).toEqual([
      { line: 1, cells: ['A 1', '20110301', '12,50'] },
      { line: 2, cells: ['B', '', ''] },
    ]);
  });
});
