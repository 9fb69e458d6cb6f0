import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { start } from '../support/running.ts';

const now = '2026-02-01T00:00:00Z';
const purchase = {
  source: 'web-shop',
  orderId: '1001',
  occurredAt: '2026-01-05T10:00:00Z',
  customer: { source: 'web-shop', key: '17850' },
  currency: 'GBP',
  lines: [{ lineId: '1', productId: 'teapot', quantity: 2, amountMinor: 61_000 }],
};

describe('versions of the views', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tenure-versions-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('code that makes other views builds them before it answers', async () => {
    const first = await start({ now, directory, env: { TENURE_SERVICES: 'profile,interaction' } });
    expect((await first.post('/v1/purchases', purchase)).status).toBe(202);
    expect((await first.get('/v1/analytics/sales')).status).toBe(404);
    await first.stop();
    const second = await start({ now, directory });
    const { status, body } = await second.get('/v1/customers/by-key/web-shop/17850');
    expect(status).toBe(200);
    expect(body).toMatchObject({ stage: 'new', points: 610 });
    expect((await second.get('/v1/customers')).body.items).toHaveLength(1);
    await second.stop();
  });

  it('other code of a projection builds its views anew, whatever its collections, and the same code does not', async () => {
    const module = join(directory, 'greetings.ts');
    const code = (word: string): string =>
      `import { word } from './word.ts';
      export const views = { projections: [{
        name: 'greetings',
        collections: [{ name: 'greetings', indexes: [] }],
        customer: ({ customer }) => [{ collection: 'greetings', id: customer.id, document: { _id: customer.id, word } }],
      }] };
      export const comment = ${JSON.stringify(word)};`;
    const greet = (word: string): void => writeFileSync(join(directory, 'word.ts'), `export const word = '${word}';`);
    writeFileSync(module, code('the same'));
    const url = pathToFileURL(module).href;
    const served = async (): Promise<readonly [string, readonly unknown[]]> => {
      const definition = {
        projections: [{ name: 'greetings', collections: [{ name: 'greetings', indexes: [] }], customer: () => [] }],
      };
      const greetings = { name: 'analytics' as const, routes: () => [], views: { module: url, definition } };
      const running = await start({ now, directory, more: [greetings] });
      await running.publish([{ ...purchase, type: 'purchase' }]);
      await running.settled();
      const found = await running.views().find<{ readonly _id: string; readonly word: string }>('greetings');
      const { version } = running.views();
      await running.stop();
      return [version, found.map(({ word }) => word)];
    };
    greet('hello');
    const [first, words] = await served();
    expect(words).toEqual(['hello']);
    expect(await served()).toEqual([first, ['hello']]);
    greet('welcome');
    const [second, others] = await served();
    expect(others).toEqual(['welcome']);
    expect(second).not.toBe(first);
  });

  it('a restart answers as before, at the position that it was', async () => {
    const first = await start({ now, directory });
    const { position } = (await first.post('/v1/purchases', purchase)).body;
    await first.settled();
    const before = (await first.get('/v1/customers/by-key/web-shop/17850')).body;
    await first.stop();
    const second = await start({ now, directory });
    const answer = await second.get('/v1/customers/by-key/web-shop/17850', { 'Tenure-Min-Position': position });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(before);
    await second.stop();
  });
});
