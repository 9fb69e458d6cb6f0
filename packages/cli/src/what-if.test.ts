import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStandalone } from '@tenure/standalone';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CommandLine, createCommandLine } from './fixtures/command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await createCommandLine();
});
afterEach(() => line.remove());

const order = (number: number, day: number, key: number) =>
  `${number},85123A,WHITE HEART,6,2010-12-0${day} 08:26:00,2.55,${key}.0,UK\n`;

/** Two customers, one of whom buys on three days. */
async function imported(): Promise<void> {
  const path = join(line.folder, 'retail.csv');
  const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
  writeFileSync(path, header + [order(1, 1, 7), order(2, 2, 7), order(3, 3, 7), order(4, 1, 8)].join(''));
  expect((await line.run('import', 'purchases', path, '--map', 'online-retail')).code).toBe(0);
}

it('a policy is drafted, tried, and published', { timeout: 120_000 }, async () => {
  await imported();
  const draft = join(line.folder, 'draft.json');
  const drafted = await line.run('policies', 'draft', 'lifecycle');
  expect(JSON.parse(drafted.stdout)).toMatchObject({ policy: 'lifecycle', stages: { loyal: { purchaseDays: 5 } } });
  writeFileSync(draft, drafted.stdout.replace('"purchaseDays": 5', '"purchaseDays": 3'));

  const tried = await line.run('what-if', '--policy', draft, '--as-of', '2010-12-04T00:00Z');
  expect([tried.code, tried.stderr]).toEqual([0, '']);
  expect(tried.stdout.split('\n').slice(0, 6)).toEqual([
    '1 of 2 customers would move.',
    '',
    'stage: from \\ to  new  active  loyal  before',
    expect.stringMatching(/^new +1 +0 +0 +1$/),
    expect.stringMatching(/^active +0 +0 +1 +1$/),
    expect.stringMatching(/^loyal +0 +0 +0 +0$/),
  ]);
  expect(tried.stdout).toMatch(/[0-9a-f]{32} {2}active since 2010-12-02.* {2}loyal since 2010-12-03T08:26:00.000Z/);
  const asJson = await line.run('what-if', '--policy', draft, '--as-of', '2010-12-04T00:00Z', '--json');
  expect(JSON.parse(asJson.stdout)).toMatchObject({ status: 'done', result: { moved: 1, customers: 2 } });

  const published = await line.run('policies', 'publish', '--policy', draft, '--from', '2099-01-01T00:00Z');
  expect(published.stdout).toBe('lifecycle version 2 holds from 2099-01-01T00:00:00.000Z on.\n');
  const list = await line.run('policies', 'list');
  expect(list.stdout).toMatch(/^policy +version +holds from +until +in force +published +by\n/);
  expect(list.stdout).toMatch(/\nlifecycle +1 +always +2099-01-01T00:00:00.000Z +yes +\S+ +start\n/);
  expect(list.stdout).toMatch(/\nlifecycle +2 +2099-01-01T00:00:00.000Z +no +\S+ +cli\n/);
  const sooner = await line.run('policies', 'publish', '--policy', draft, '--from', '2010-01-01T00:00Z');
  expect([sooner.code, sooner.stderr]).toEqual([1, expect.stringContaining('/effectiveFrom: it is ')]);
});

it('what is no policy is refused before anybody is asked, naming its fields', async () => {
  const draft = join(line.folder, 'draft.json');
  for (const [text, says] of [
    ['{"policy":"lifecycle","stages":{}}', 'at stages.loyal'],
    ['{"policy":', 'cannot be read'],
  ] as const) {
    writeFileSync(draft, text);
    for (const command of [['what-if'], ['policies', 'publish']]) {
      const { code, stderr } = await line.run(...command, '--policy', draft);
      expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
    }
  }
  writeFileSync(
    draft,
    readFileSync(new URL('../../contracts/golden/PolicyPublished.v1.lifecycle.json', import.meta.url)),
  );
  expect((await line.run('what-if', '--policy', draft)).code).toBe(2);
});

it('an instant that is none is wrong use, and a service says what it refuses', async () => {
  const draft = join(line.folder, 'draft.json');
  const { stdout } = await line.run('policies', 'draft', 'satisfaction');
  writeFileSync(draft, stdout);
  expect(await line.run('what-if', '--policy', draft, '--from', 'soon')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--from soon: must be'),
  });
  const running = await startStandalone({ env: { ...line.env, TENURE_PORT: '0' } });
  try {
    line.env.TENURE_URL = running.url;
    const late = await line.run('what-if', '--policy', draft, '--as-of', '2099-01-01T00:00Z');
    expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('/asOf: is after') });
  } finally {
    await running.stop();
  }
});
