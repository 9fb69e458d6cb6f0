import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EventStoreDBServer,
  hasMongoDB,
  type MongoDBServer,
  startEventStoreDB,
  startMongoDB,
} from '@tenure/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contact, purchase, refund } from '../support/facts.ts';
import { idKey } from '../support/id-key.ts';
import { type Running, type StartOptions, start } from '../support/running.ts';
import { tenure } from '../support/tenure.ts';

const now = '2026-02-01T00:00:00Z';
const title = hasMongoDB()
  ? 'a business that moves'
  : 'a business that moves: SKIPPED, there is no MongoDB server here';

/** What the views say of each customer and of all together, without positions, which are each log's own. */
const viewsOf = async ({ get }: Running): Promise<unknown> => {
  const customers = await Promise.all(['K1', 'K2', 'K3'].map((key) => get(`/v1/customers/by-key/shop/${key}`)));
  const sales = await get('/v1/analytics/sales');
  const answers = [...customers, sales];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  return JSON.parse(JSON.stringify(answers.map(({ body }) => body)), (name, value: unknown) =>
    /position/i.test(name) ? undefined : value,
  );
};

describe.skipIf(!hasMongoDB())(title, { timeout: 240_000 }, () => {
  let mongo: MongoDBServer;
  let server: EventStoreDBServer;
  let folder: string;
  let running: Running | undefined;
  const stop = async (): Promise<void> => {
    const one = running;
    running = undefined;
    await one?.stop();
  };
  const run = async (options: Pick<StartOptions, 'directory' | 'env'>): Promise<Running> => {
    running = await start({ now, ...options });
    return running;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tenure-migrate-'));
    [mongo, server] = await Promise.all([startMongoDB(), startEventStoreDB()]);
  }, 120_000);
  afterAll(async () => {
    await stop();
    await Promise.all([mongo?.stop(), server?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows the same customers on EventStoreDB, goes on there, and shows the same when it is back', async () => {
    const [home, back] = [join(folder, 'home'), join(folder, 'back')];
    const views = new URL(mongo.url);
    views.pathname = `/${mongo.database()}`;
    const there = { TENURE_EVENT_STORE: server.url, TENURE_READ_STORE: views.href };

    const first = await run({ directory: home });
    const observed = { source: 'registration-form', observedAt: '2026-01-02T09:00:00Z' };
    const registration = {
      customer: { source: 'shop', key: 'K3' },
      kind: 'person',
      occurredAt: '2026-01-02T10:00:00Z',
      attributes: { givenName: { value: 'Ann', ...observed } },
      contactPoints: [{ kind: 'email', value: 'ann@example.org', ...observed }],
    };
    expect((await first.post('/v1/customers', registration)).body).toMatchObject({ id: expect.any(String) });
    await first.batch([
      purchase('1', 'K1', '2026-01-20T10:00:00Z', 61_000),
      purchase('2', 'K2', '2025-11-05T10:00:00Z'),
      purchase('3', 'K1', '2025-03-01T10:00:00Z', 2_500),
      refund('r1', '1', 'K1', '2026-01-25T10:00:00Z', 1_000),
      contact('c1', 'K2', '2026-01-10T10:00:00Z'),
    ]);
    await first.settled();
    const { body } = await first.get('/v1/customers/by-key/shop/K2');
    const link = await first.post(`/v1/customers/${body.id}/links`, { customer: { source: 'app', key: 'A2' } });
    expect(link.status, JSON.stringify([body, link.body])).toBe(202);
    await first.idle();
    const expected = await viewsOf(first);
    const count = (await first.events()).length;
    await stop();

    const env = { TENURE_ID_KEY: idKey };
    const args = ['--views', views.href, '--from'];
    const moved = await tenure(['migrate', ...args, `sqlite:${home}`, '--to', server.url], env);
    expect(moved).toMatchObject({ events: count, copied: count });

    const second = await run({ env: there });
    await second.idle();
    expect(await viewsOf(second)).toEqual(expected);
    expect((await second.events()).length).toBe(count);
    expect((await second.batch([purchase('1', 'K1', '2026-01-20T10:00:00Z', 61_000)]))[0]).toMatchObject({
      status: 200,
    });
    await second.batch([purchase('4', 'K2', '2026-01-30T10:00:00Z', 7_000)]);
    await second.idle();
    const grown = await viewsOf(second);
    expect(grown).not.toEqual(expected);
    await stop();

    const wrongKey = { TENURE_ID_KEY: 'a'.repeat(64) };
    await expect(run({ env: { ...there, ...wrongKey } })).rejects.toThrow('TENURE_ID_KEY is not the one of the log');
    const returning = ['migrate', ...args, server.url, '--to', `sqlite:${back}`];
    await expect(tenure(returning, wrongKey)).rejects.toThrow('TENURE_ID_KEY is not the one of the log');
    await tenure(returning, env);
    const third = await run({ directory: back });
    await third.idle();
    expect(await viewsOf(third)).toEqual(grown);
  });
});
