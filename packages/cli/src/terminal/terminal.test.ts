import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { formatOutline } from './outline.ts';
import { progressStyle } from './progress.ts';
import { formatTable } from './table.ts';

describe('tables', () => {
  const columns = [
    { title: 'name', value: (row: { name: string }) => row.name },
    { title: 'n', value: (row: { n: number }) => row.n },
    { title: 'note', value: (row: { note: string | null }) => row.note },
  ];
  const rows = [
    { name: '忠诚', n: 5, note: null },
    { name: 'new', n: 1200, note: 'longer than there is room' },
  ];

  it('line up, Chinese too, numbers to the right', () => {
    expect(formatTable(columns, rows)).toEqual([
      'name     n  note',
      '忠诚     5',
      'new   1200  longer than there is room',
    ]);
  });

  it('keep within the width', () => {
    expect(formatTable(columns, rows, 20)[2]).toBe('new   1200  longer …');
  });
});

describe('outlines', () => {
  it('show JSON a field a line, short things in their line', () => {
    const value = { id: 'a', none: null, aliases: [], tags: ['x', 'y'], spend: [{ amountMinor: 5, currency: 'GBP' }] };
    const deep = { services: { loyalty: { lots: [{ points: 1, of: { id: 1 } }] } } };
    expect(formatOutline({ ...value, ...deep })).toEqual([
      'id: a',
      'none: -',
      'aliases: none',
      'tags: x, y',
      'spend:',
      '  - amountMinor: 5',
      '    currency: GBP',
      'services:',
      '  loyalty:',
      '    lots:',
      '      - points: 1',
      '        of: id 1',
    ]);
  });
});

describe('progress without a terminal', () => {
  it('is a line each five seconds', () => {
    const stream = new PassThrough({ encoding: 'utf8' });
    let now = 0;
    const progress = progressStyle(stream, () => now)({ label: 'Sending', total: 1000, unit: 'rows' });
    for (const [at, done] of [
      [1000, 10],
      [5000, 100],
      [9000, 300],
      [10_000, 500],
    ] as const) {
      now = at;
      progress.update(done);
    }
    progress.stop();
    expect(stream.read()).toBe(
      'Sending: 100 of 1000 rows (10 %), 20/s, 45 s left\nSending: 500 of 1000 rows (50 %), 50/s, 10 s left\n',
    );
  });
});
