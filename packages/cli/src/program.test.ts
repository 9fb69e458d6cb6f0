import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial, type Server as TcpServer } from 'node:net';
import { join } from 'node:path';
import { startStandalone } from '@tenure/standalone';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CommandLine, createCommandLine } from './fixtures/command-line.ts';

let line: CommandLine;
beforeEach(async () => {
  line = await createCommandLine();
});
afterEach(() => line.remove());

const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
const rows = (count: number) =>
  Array.from(
    { length: count },
    (_, n) => `${n + 1},85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,${17_850 + (n % 7)}.0,UK\n`,
  );

function file(lines: readonly string[]): string {
  const path = join(line.folder, 'retail.csv');
  writeFileSync(path, header + lines.join(''));
  return path;
}

const importOf = (path: string, ...more: string[]) =>
  line.run('import', 'purchases', path, '--map', 'online-retail', '--json', ...more);

describe('commands on the embedded store', () => {
  it('import, and answer about whom they imported; again nothing is new', async () => {
    const path = file([...rows(20), 'C21,85123A,WHITE HEART,-6,2010-12-02 09:00:00,2.55,17850.0,UK\n']);
    const first = await importOf(path);
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    const totals = { currency: 'GBP', grossMinor: 30_600, refundedMinor: 1530, netMinor: 29_070 };
    expect(JSON.parse(first.stdout)).toMatchObject({
      rows: 21,
      outcomes: { new: 21, repeated: 0, conflicts: 0, rejected: 0, failed: 0 },
      currencies: [totals],
    });
    const again = await importOf(path);
    expect(JSON.parse(again.stdout)).toMatchObject({ outcomes: { new: 0, repeated: 21 }, currencies: [totals] });

    const state = await line.run('state', 'online-retail/17850', '--json', '--as-of', '2010-12-01T12:00Z');
    const { customerId, services } = JSON.parse(state.stdout);
    expect(services.interaction).toMatchObject({ frequency: 3, spend: [{ amountMinor: 4590, currency: 'GBP' }] });
    const history = await line.run('history', customerId, '--json', '--type', 'PurchaseRecorded,RefundRecorded');
    const types = history.stdout
      .trim()
      .split('\n')
      .map((item) => JSON.parse(item).type);
    expect(types.toSorted()).toEqual(['PurchaseRecorded', 'PurchaseRecorded', 'PurchaseRecorded', 'RefundRecorded']);
    const table = await line.run('history', customerId);
    expect(table.stdout).toMatch(/^occurred +recorded +service +actor +event +what\n/);
    expect(table.stdout).toContain('RefundRecorded');
    const why = await line.run('why', customerId, 'stage');
    expect(why.stdout).toContain(
      'new since 2010-12-01T08:26:00.000Z: the first counted order (rule new.first-order, policy lifecycle v1)',
    );
    expect(why.stdout).toContain('PurchaseRecorded online-retail/1, by');
    const [bought] = history.stdout.trim().split('\n');
    const { correlationId } = JSON.parse(bought ?? '{}');
    const tree = await line.run('correlation', correlationId);
    expect(tree.stdout).toMatch(/^request [0-9a-f]{32}\n(.*\n)* {2}2010-12-01T.* PurchaseRecorded, interaction, by /);
    expect(JSON.parse((await line.run('correlation', correlationId, '--json')).stdout)).toMatchObject({
      correlationId,
    });
    const nothing = await line.run('correlation', 'no/such');
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('No event has this correlation id')]);
    const inChinese = await line.run('why', 'online-retail/17850', 'stage', '--lang', 'zh');
    expect(inChinese.stdout).toContain('首个计入订单');
    expect((await line.run('why', customerId, 'shoe-size')).code).toBe(2);
    const outline = await line.run('state', customerId);
    expect(outline.stdout).toContain(`customerId: ${customerId}\n`);
  });

  it('tell which rows they could not bring in, and fail for it', async () => {
    const same = await importOf(file(rows(3)));
    expect(same.code).toBe(0);
    const [first = '', second = '', third = ''] = rows(3);
    const changed = file([
      first,
      second.replace('2.55', '2.56'),
      third.replace('2010-12-01', '2099-12-01').replace('3,', '4,'),
      '5,x\n',
    ]);
    const { code, stdout } = await importOf(changed);
    expect(code).toBe(1);
    const { outcomes, parked } = JSON.parse(stdout);
    expect(outcomes).toEqual({ new: 0, repeated: 1, conflicts: 1, rejected: 1, failed: 0 });
    expect(parked.rows).toBe(3);
    const lines = readFileSync(parked.file, 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text))
      .toSorted((one, other) => one.line - other.line);
    expect(lines.map((entry) => [entry.line, entry.order])).toEqual([
      [3, '2'],
      [4, '4'],
      [5, '5'],
    ]);
    expect(lines[2].reason).toBe('has 2 cells, not 8');
    const told = await line.run('import', 'purchases', changed, '--map', 'online-retail');
    expect(told.stdout).toContain('Not imported: 3 rows, all of them in');
    expect(told.stdout).toContain('line 5, order 5: has 2 cells, not 8');
  });

  it('rebuild the views, list what is parked, back up and restore', async () => {
    await importOf(file(rows(5)));
    expect(await line.run('rebuild', 'all', '--json')).toMatchObject({ code: 0, stderr: '' });
    expect((await line.run('parked', 'list')).stdout).toBe('Nothing is parked.\n');
    const backup = join(line.folder, 'backup');
    expect((await line.run('backup', backup)).stdout).toMatch(/holds \d+ events of/);
    expect(await line.run('backup', backup)).toMatchObject({ code: 1, stdout: '' });
    expect((await line.run('restore', backup)).stdout).toContain('in a new epoch');
    const state = await line.run('state', 'online-retail/17850', '--json');
    expect(JSON.parse(state.stdout).services.interaction.frequency).toBe(1);
  });
});

describe('commands and a running service', () => {
  let links: TcpServer | undefined;
  afterEach(() => links?.close());

  /** Between the command and the service: ends every connection after so many bytes of answers. */
  async function cutAfter(bytes: number, target: string): Promise<string> {
    links = createServer((socket) => {
      const upstream = dial(Number(new URL(target).port), '127.0.0.1');
      let passed = 0;
      upstream.on('data', (chunk) => {
        passed += chunk.length;
        if (passed > bytes) socket.destroy();
        else socket.write(chunk);
      });
      socket.on('data', (chunk) => upstream.write(chunk));
      for (const [one, other] of [
        [socket, upstream],
        [upstream, socket],
      ] as const) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    links.listen(0, '127.0.0.1', resolve);
    await promise;
    const address = links.address();
    return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  }

  it('I4: an import that is cut off goes on when it is run again, and nothing counts twice', async () => {
    const running = await startStandalone({ env: { ...line.env, TENURE_LOG_LEVEL: 'silent' } });
    try {
      const path = file(rows(3000));
      line.env.TENURE_URL = await cutAfter(60_000, running.url);
      const cut = await importOf(path);
      expect(cut).toMatchObject({ code: 1, stdout: '' });
      expect(cut.stderr).toContain('does not answer');
      line.env.TENURE_URL = running.url;
      const { outcomes, session } = JSON.parse((await importOf(path)).stdout);
      expect(outcomes).toMatchObject({ conflicts: 0, rejected: 0, failed: 0 });
      expect(outcomes.new + outcomes.repeated).toBe(3000);
      expect(outcomes.repeated).toBeGreaterThan(0);
      const imports = await fetch(`${running.url}/v1/imports/${session}`);
      expect(await imports.json()).toMatchObject({ name: 'retail.csv', status: 'finished' });
      const sales = await fetch(`${running.url}/v1/analytics/sales`, {
        headers: { 'tenure-min-position': (await running.context.store.head()) ?? '' },
      });
      expect(await sales.json()).toMatchObject({ items: [{ orders: 3000, grossMinor: 3000 * 1530 }] });
    } finally {
      await running.stop();
    }
  });

  it('rebuild its views while it runs, go the way back, and verify them', async () => {
    // Before time alone changes anything.
    const env = { ...line.env, TENURE_CLOCK: '2010-12-02T00:00:00Z', TENURE_LOG_LEVEL: 'silent' };
    const running = await startStandalone({ env });
    try {
      line.env.TENURE_URL = running.url;
      await importOf(file(rows(20)));
      const { store, views } = running.context;
      await views.reached((await store.head()) ?? '', AbortSignal.timeout(60_000));
      const before = views.current().version;
      expect((await line.run('rebuilds', 'list')).stdout).toBe('Nothing was rebuilt.\n');
      const rebuilt = await line.run('rebuild', 'sales-facts');
      expect(rebuilt).toMatchObject({ code: 0 });
      expect(rebuilt.stdout).toMatch(/^The views \S+-b2 are served; 0 of \d+ documents were otherwise before\.\n/);
      expect(rebuilt.stdout).toContain(`${before} is kept: tenure rebuilds switch-back `);
      const { stdout: listed } = await line.run('rebuilds', 'list', '--json');
      const { id } = JSON.parse(listed);
      expect(await line.run('rebuilds', 'switch-back', id)).toMatchObject({
        code: 0,
        stdout: `${id}: returned, ${before}-b2 is kept\n`,
      });
      expect(views.current().version).toBe(before);
      expect((await line.run('rebuilds', 'drop', id)).stdout).toBe(`${id}: returned\n`);
      expect(await line.run('rebuilds', 'cancel', id)).toMatchObject({ code: 1, stdout: '' });

      expect((await line.run('verify')).stdout).toMatch(/^\d+ documents compared, 0 differ from the log\.\n$/);
      const sampled = await line.run('verify', '--sample', '3', '--heal', '--json');
      expect(JSON.parse(sampled.stdout)).toMatchObject({ sample: 3, comparison: { differences: 0, healed: 0 } });
      const one = await line.run('verify', '--customer', 'online-retail/17850', '--json');
      expect(JSON.parse(one.stdout)).toMatchObject({ customers: 1, status: 'done' });
    } finally {
      await running.stop();
    }
  });

  it('find it on the port, and say what to do when it has the store but not the port', async () => {
    const running = await startStandalone({ env: { ...line.env, TENURE_LOG_LEVEL: 'silent' } });
    try {
      expect(await importOf(file(rows(2)))).toMatchObject({ code: 0 });
      const { store, views } = running.context;
      await views.reached((await store.head()) ?? '', AbortSignal.timeout(20_000));
      line.env.TENURE_PORT = '1';
      const locked = await importOf(file(rows(2)));
      expect(locked).toMatchObject({ code: 1, stdout: '' });
      expect(locked.stderr).toContain('If it is a service, set TENURE_URL to where it answers.');
      expect((await line.run('rebuild', 'all')).stderr).toContain('A rebuild needs the store for itself.');
      line.env.TENURE_URL = `${running.url}/`;
      const problem = await line.run('state', 'online-retail/nobody');
      expect(problem.code).toBe(1);
      expect(problem.stderr).toMatch(/^There is nothing here: .+\n$/);
      const future = await line.run('state', 'online-retail/17850', '--as-of', 'tomorrow');
      expect(future.stderr).toMatch(/\n {2}.*asOf: must be an RFC 3339 date-time/);
    } finally {
      await running.stop();
    }
  });
});

describe('wrong use', () => {
  it.each([
    [['nosuch'], "unknown command 'nosuch'"],
    [['import', 'purchases'], "required option '--map <map>' not specified"],
    [['import', 'purchases', 'x.csv', '--map', 'nosuch'], 'There is no map nosuch'],
    [['import', 'purchases', 'x.csv', '--map', 'cdnow'], 'x.csv cannot be read'],
    [['state'], "missing required argument 'customer'"],
    [['demo', '--speed', 'fast'], 'must be a whole number'],
    [['rebuild', 'nosuch'], 'Allowed choices are all, '],
    [['verify', '--sample', '0'], 'must be a whole number from 1 to 10000'],
  ])('%j ends with 2 and says why', async (args, reason) => {
    const { code, stdout, stderr } = await line.run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(reason);
  });

  it('help is no wrong use', async () => {
    const { code, stdout } = await line.run('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('TENURE_URL');
  });
});
