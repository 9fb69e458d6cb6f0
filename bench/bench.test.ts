import { describe, expect, it } from 'vitest';
import { cases } from './cases/index.ts';
import { runChild } from './harness/child.ts';
import { readOptions } from './options.ts';
import type { Results } from './report/results.ts';
import { resultOf } from './report/results.ts';
import { tableOf, withTable } from './report/table.ts';

const [post, , , , late, , list] = cases;

describe('npm run bench', () => {
  it('measures every case', { timeout: 180_000 }, async () => {
    const run = new URL('./run.ts', import.meta.url);
    const { cases: measured } = await runChild<Results>(run, { args: ['--quick', '--json'] });
    expect(Object.keys(measured)).toEqual(cases.map(({ id }) => id));
    for (const [id, { value, raw, ratio }] of Object.entries(measured)) {
      expect([id, value > 0, raw !== null && raw > 0, ratio !== null && ratio > 0]).toEqual([id, true, true, true]);
    }
  });

  it('says which cases there are when another one is asked for', () => {
    expect(() => readOptions(['--only', 'post,sleep'])).toThrow(/There is no sleep\n(.*\n)+.*post, batch, pipeline/);
    expect(readOptions(['--only', 'start,post']).cases.map(({ id }) => id)).toEqual(['post', 'start']);
  });
});

describe('a result', () => {
  const visible = (seconds: number) => ({ 'all visible after': seconds });

  it('is the median of the runs, of what was measured together', () => {
    const result = resultOf(post!, [
      { value: 100, raw: 400, also: visible(3) },
      { value: 90, raw: 100, also: visible(1) },
      { value: 80, raw: 200, also: visible(2) },
    ]);
    expect(result).toMatchObject({ value: 90, raw: 200, ratio: 0.4, met: true });
    expect(result.also).toEqual({ 'all visible after': { value: 2, unit: 's', atMost: 30, met: true } });
  });

  it.each([
    ['a ratio that is too low', post!, { value: 34, raw: 100, also: visible(1) }, false],
    ['a ratio that is just right', post!, { value: 35, raw: 100, also: visible(1) }, true],
    ['what was promised beside it', post!, { value: 99, raw: 100, also: visible(31) }, false],
    ['a ratio that is too high', late!, { value: 31, raw: 10 }, false],
    ['a value that is too high', list!, { value: 20.1, raw: 1 }, false],
    ['a value that is just right', list!, { value: 20, raw: 1 }, true],
  ])('is met or not by %s', (_, one, sample, met) => {
    expect(resultOf(one, [sample]).met).toBe(met);
  });

  it('stands in a table between its marks', () => {
    const machine = {
      cpu: 'a CPU',
      cores: 2,
      memoryGiB: 8,
      system: 'Linux',
      versions: { node: '24.0.0', sqlite: '3.50.0', fastify: '5.0.0' },
    };
    const result = resultOf(post!, [{ value: 12_345, raw: 30_000, also: visible(1) }]);
    const table = tableOf({ date: '2026-01-02T03:04:05Z', machine, runs: 3, cases: { post: result } });
    expect(table).toContain('| 12,345 purchases/s | 30,000 (a bare Fastify JSON route) | 0.411 | >= 0.35 | yes |');
    expect(withTable('a\n<!-- results -->\nold\n<!-- /results -->\nz', table)).toBe(
      `a\n<!-- results -->\n${table}\n<!-- /results -->\nz`,
    );
    expect(() => withTable('no marks', table)).toThrow('no place');
  });
});
