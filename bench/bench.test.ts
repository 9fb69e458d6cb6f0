import { hasKafka, hasMongoDB } from '@tenure/testing/servers';
import { describe, expect, it } from 'vitest';
import { cases } from './cases/index.ts';
import type { Case } from './harness/case.ts';
import { runChild } from './harness/child.ts';
import { readOptions } from './options.ts';
import type { Results } from './report/results.ts';
import { resultOf } from './report/results.ts';
import { tableOf, withTable } from './report/table.ts';

const [post, , , , late, , list] = cases;
const onServers = cases.filter(({ needs }) => needs !== undefined);
const run = new URL('./run.ts', import.meta.url);

/** Each of these was measured, beside its raw limit if it has one. */
function expectMeasured(measured: Results['cases'], wanted: readonly Case[]): void {
  expect(Object.keys(measured)).toEqual(wanted.map(({ id }) => id));
  for (const [id, { value, raw, ratio, rawIs }] of Object.entries(measured)) {
    const figures = rawIs === null ? [value] : [value, raw, ratio];
    expect([id, figures.filter((figure) => figure === null || !(figure > 0))]).toEqual([id, []]);
  }
}

describe('npm run bench', () => {
  it('measures every case', { timeout: 180_000 }, async () => {
    const { cases: measured } = await runChild<Results>(run, { args: ['--quick', '--json'] });
    const embedded = cases.filter((one) => !onServers.includes(one));
    expectMeasured(measured, embedded);
  });

  it.skipIf(!hasKafka() || !hasMongoDB())(
    'measures every case on real servers (skipped where there are none: set TENURE_TEST_SERVERS)',
    { timeout: 600_000 },
    async () => {
      const ids = onServers.map(({ id }) => id).join(',');
      const env = Object.fromEntries(
        Object.entries(process.env).flatMap(([name, value]) =>
          value === undefined || !/^TENURE_(?:TEST|KAFKA|MONGODB)_/.test(name) ? [] : [[name, value]],
        ),
      );
      const { cases: measured } = await runChild<Results>(run, { args: ['--quick', '--json', '--only', ids], env });
      expectMeasured(measured, onServers);
    },
  );

  it('fails when nothing that is asked for can be measured here', async () => {
    await expect(runChild(run, { args: ['--quick', '--only', 'relay'] })).rejects.toThrow('ended with 1');
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

  const machine = {
    cpu: 'a CPU',
    cores: 2,
    memoryGiB: 8,
    system: 'Linux',
    versions: { node: '24.0.0', sqlite: '3.50.0', fastify: '5.0.0' },
  };

  it('is neither met nor missed where nothing is promised', () => {
    const told: Case = { id: 'told', title: 'Told', unit: 'ms', also: { p99: { unit: 'ms' } }, measure: post!.measure };
    const result = resultOf(told, [{ value: 12, also: { p99: 34 } }]);
    expect(result).toMatchObject({ raw: null, ratio: null, target: null, met: null });
    const table = tableOf({ machine, cases: { told: result } });
    expect(table).toContain('| told | Told | 12 ms |  |  |  |  |\n|  | p99 | 34 ms |  |  |  |  |');
  });

  it('says when it was measured, beside others that were measured at another time', () => {
    const sample = { value: 12_345, raw: 30_000, also: visible(1) };
    const [first, second] = [resultOf(post!, [sample, sample, sample]), resultOf(list!, [{ value: 3, raw: 1 }])];
    const [earlier, later] = ['2026-01-02T03:04:05Z', '2026-02-03T04:05:06Z'];
    const both = { post: { ...first, date: earlier }, list: { ...second, date: later } };
    expect(tableOf({ machine, cases: both })).toContain(
      '\nMedians of 3, 2026-01-02 (post); one run, 2026-02-03 (list), on 2 cores of a CPU',
    );
    expect(tableOf({ machine, cases: { post: both.post } })).toContain('\nMedians of 3, 2026-01-02, on 2 cores');
  });

  it('stands in a table between its marks', () => {
    const result = resultOf(post!, [{ value: 12_345, raw: 30_000, also: visible(1) }]);
    const table = tableOf({ machine, cases: { post: result } });
    expect(table).toContain('| 12,345 purchases/s | 30,000 (a bare Fastify JSON route) | 0.411 | >= 0.35 | yes |');
    expect(withTable('a\n<!-- results -->\nold\n<!-- /results -->\nz', table)).toBe(
      `a\n<!-- results -->\n${table}\n<!-- /results -->\nz`,
    );
    expect(() => withTable('no marks', table)).toThrow('no place');
  });
});
