import { startRelayProcess } from '@tenure/relay';
import { createLog, loadConfig } from '@tenure/runtime';
import { standaloneConfig } from '@tenure/standalone';
import { engineEnv } from '@tenure/testing/cluster';
import { type FaultProxy, startFaultProxy } from '@tenure/testing/fault-proxy';
import { hasKafka, hasMongoDB, startEventStoreDB, startKafka, startMongoDB } from '@tenure/testing/servers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectedView, shownView } from '../support/expected-view.ts';
import { foldEveryone } from '../support/folded.ts';
import { idKey } from '../support/id-key.ts';
import { type Answer, type Running, start, until } from '../support/running.ts';
import { allDocuments } from '../support/stored.ts';

const now = '2026-02-01T00:00:00Z';

function purchaseOf(orderId: string, key: string) {
  return {
    source: 'web-shop',
    orderId,
    occurredAt: '2026-01-05T10:00:00Z',
    customer: { source: 'web-shop', key },
    currency: 'GBP',
    lines: [{ lineId: '1', productId: 'teapot', quantity: 1, amountMinor: 5_000 }],
  };
}

describe.skipIf(!hasKafka() || !hasMongoDB())('engines that are cut off (skipped where there are none)', () => {
  const opened = new AsyncDisposableStack();
  let running: Running;
  let store: FaultProxy;
  let database: FaultProxy;

  beforeAll(async () => {
    const [kafka, mongo, eventStore] = await Promise.all([startKafka(), startMongoDB(), startEventStoreDB()]);
    opened.defer(() => kafka.stop());
    opened.defer(() => mongo.stop());
    opened.defer(() => eventStore.stop());
    store = await startFaultProxy({ target: { host: '127.0.0.1', port: eventStore.port } });
    opened.defer(() => store.close());
    const mongoUrl = new URL(mongo.url);
    database = await startFaultProxy({ target: { host: mongoUrl.hostname, port: Number(mongoUrl.port) } });
    opened.defer(() => database.close());
    const direct: Readonly<Record<string, string>> = {
      ...engineEnv({ eventStore, kafka, mongo }),
      TENURE_ID_KEY: idKey,
    };
    const config = loadConfig(standaloneConfig, { ...direct, TENURE_PORT: '0', TENURE_LOG_LEVEL: 'fatal' });
    const relay = await startRelayProcess(config, createLog({ level: 'fatal', service: 'relay' }));
    opened.defer(async () => void (await relay.stop()));
    const env = {
      ...direct,
      TENURE_EVENT_STORE: eventStore.url.replace(String(eventStore.port), String(store.port)),
      TENURE_READ_STORE: String(direct.TENURE_READ_STORE).replace(mongoUrl.port, String(database.port)),
      TENURE_LOG_LEVEL: 'fatal',
    };
    running = await start({ now, env });
    opened.defer(() => running.stop());
    expect((await running.post('/v1/purchases', purchaseOf('first', 'known'))).status).toBe(202);
    await running.settled();
  }, 240_000);
  // What one test has cut must not fail the next.
  afterEach(async () => {
    await store?.heal();
    await database?.heal();
  });
  afterAll(async () => {
    await opened.disposeAsync();
  }, 60_000);

  /** What the process says it cannot do without and has not. */
  const missing = async (): Promise<readonly string[]> => {
    const { body } = await running.get('/readyz');
    return Object.entries(body.dependencies).flatMap(([name, state]) => (state === 'ok' ? [] : [name]));
  };
  const ready = (): Promise<void> => until(async () => (await missing()).length === 0);
  /** As a publisher does: again until it is acknowledged. */
  const published = async (purchase: object): Promise<Answer> => {
    let answer = await running.post('/v1/purchases', purchase);
    await until(async () => {
      if (answer.status >= 500) answer = await running.post('/v1/purchases', purchase);
      return answer.status < 500;
    });
    return answer;
  };

  it('I9: without the event store nothing is acknowledged, views are read, and it says what is missing', async () => {
    store.refuse();
    store.cut();
    const refused = await running.post('/v1/purchases', purchaseOf('while away', 'known'));
    expect(refused).toMatchObject({ status: 503, body: { type: 'urn:tenure:problem:store-unavailable' } });
    await until(async () => (await missing()).includes('event-store'));
    expect((await running.get('/v1/customers')).body.items).toHaveLength(1);
    await store.heal();
    await ready();
    expect((await published(purchaseOf('while away', 'known'))).status).toBeLessThan(300);
  });

  it('I4: a purchase whose acknowledgement is cut happens once, however often it is sent', async () => {
    store.cutAnswers(Number.POSITIVE_INFINITY);
    const unanswered = running.post('/v1/purchases', purchaseOf('cut', 'known'));
    const isThere = async (): Promise<boolean> => (await unanswered).status > 0;
    await until(isThere);
    expect((await unanswered).status).toBe(503);
    await store.heal();
    store.cut();
    expect((await published(purchaseOf('cut', 'known'))).status).toBeLessThan(300);
    const orders = (await running.events()).filter(
      ({ type, data }) => type === 'PurchaseRecorded' && 'orderId' in data && data.orderId === 'cut',
    );
    expect(orders).toHaveLength(1);
  });

  it('I9: without the views’ database reads say so, and it converges once that is back', async () => {
    database.refuse();
    database.cut();
    await until(async () => (await running.get('/v1/customers')).status === 503);
    expect((await running.get('/v1/customers')).body.type).toBe('urn:tenure:problem:views-unavailable');
    await until(async () => (await missing()).includes('read-store'));
    // Their keys cannot be made, so what is personal of them cannot be kept.
    expect((await running.post('/v1/purchases', purchaseOf('stranger', 'stranger'))).status).toBe(503);
    await database.heal();
    await ready();
    expect((await published(purchaseOf('stranger', 'stranger'))).status).toBeLessThan(300);
  });

  it('I9: after all that the views are the fold of the log', async () => {
    await running.settled();
    const events = await running.events();
    const orders = events
      .filter(({ type }) => type === 'PurchaseRecorded')
      .map(({ data }) => 'orderId' in data && data.orderId);
    expect(orders.sort()).toEqual(['cut', 'first', 'stranger', 'while away']);
    const everyone = await foldEveryone(running.store, events, Date.parse('2026-01-05T10:00:00Z'));
    const shown = await allDocuments(running.views(), 'customers');
    expect(shown).toHaveLength(2);
    for (const { document } of shown) {
      const folded = everyone.get(document._id);
      expect(folded).toBeDefined();
      if (folded !== undefined) expect(shownView(document)).toEqual(expectedView(folded.state, folded.ids));
    }
  });
});
