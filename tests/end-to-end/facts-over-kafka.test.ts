import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRelayProcess } from '@tenure/relay';
import { baseConfig, createLog, loadConfig, startProcess as startServices } from '@tenure/runtime';
import { info, services, standaloneConfig } from '@tenure/standalone';
import { engineEnv } from '@tenure/testing/cluster';
import {
  type EventStoreDBServer,
  hasKafka,
  hasMongoDB,
  type KafkaServer,
  type MongoDBServer,
  startEventStoreDB,
  startKafka,
  startMongoDB,
} from '@tenure/testing/servers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectKafkaClient, type KafkaClient, type PublishedMessage } from '../support/kafka-client.ts';
import { startProcess } from '../support/process.ts';
import { type Body, type Running, start, until } from '../support/running.ts';

const now = '2026-03-01T12:00:00.000Z';
const isHere = hasKafka() && hasMongoDB();
// Real servers, on machines that do other things too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** What nobody may find but in the message itself. */
const secret = 'Ms Wilhelmina Canary';

const customer = { source: 'web-shop', key: 'k-17850' };
const purchase = (orderId: string, changes: object = {}) => ({
  type: 'purchase',
  source: 'web-shop',
  orderId,
  occurredAt: '2026-02-01T10:00:00Z',
  customer,
  currency: 'GBP',
  lines: [{ lineId: '1', productId: 'tea', quantity: 1, amountMinor: 1_500 }],
  ...changes,
});
const complaint = (complaintId: string) => ({
  source: 'help-desk',
  complaintId,
  occurredAt: '2026-02-02T10:00:00Z',
  customer,
  channel: 'phone',
  severity: 'low',
  content: 'It came late',
});
const contact = (contactId: string) => ({
  source: 'call-centre',
  contactId,
  occurredAt: '2026-02-05T09:00:00Z',
  customer,
  channel: 'phone',
  direction: 'in',
  kind: 'inquiry',
  subject: 'Where is my parcel?',
});
const json = (value: object, headers: Readonly<Record<string, string>> = {}): PublishedMessage => ({
  value: JSON.stringify(value),
  headers,
});
const envelope = (type: string, data: object, more: object = {}): PublishedMessage =>
  json({ specversion: '1.0', id: `ce-${type}`, source: '/shop', type, data, ...more }, structured);
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };

/** A system of its own: engines, a relay unless nobody looks at its views, and somebody who publishes to it. */
interface System {
  readonly env: Readonly<Record<string, string>>;
  readonly eventStore: EventStoreDBServer;
}

describe.skipIf(!isHere)('facts over Kafka (skipped where there is no Kafka or MongoDB)', () => {
  let kafka: KafkaServer;
  let mongo: MongoDBServer;
  const ends: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    [kafka, mongo] = await Promise.all([startKafka(), startMongoDB()]);
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(async () => {
    await Promise.all([kafka?.stop(), mongo?.stop()]);
  });

  const newSystem = async (): Promise<System> => {
    const eventStore = await startEventStoreDB();
    ends.push(() => eventStore.stop());
    return { eventStore, env: engineEnv({ eventStore, kafka, mongo }) };
  };
  const clientOf = async ({ env }: System): Promise<KafkaClient> => {
    const prefix = /\/(t[0-9a-f]+)\?/.exec(env.TENURE_EVENT_BUS ?? '')?.[1] ?? '';
    const client = await connectKafkaClient(kafka.brokers, prefix);
    ends.push(() => client.close());
    return client;
  };
  const startRelay = async ({ env }: System): Promise<void> => {
    const config = loadConfig(standaloneConfig, { ...env, TENURE_PORT: '0', TENURE_LOG_LEVEL: 'error' });
    const relay = await startRelayProcess(config, createLog({ level: 'error', service: 'relay' }));
    ends.push(() => relay.stop());
  };
  const startProduct = async ({ env }: System): Promise<Running> => {
    const running = await start({ now, env: { ...env, TENURE_LOG_LEVEL: 'silent' } });
    ends.push(() => running.stop());
    return running;
  };
  const typesOf = async (running: Running): Promise<readonly string[]> =>
    (await running.events()).map(({ type }) => type).filter((type) => !type.startsWith('Policy'));
  const reasonsOf = async (client: KafkaClient, count: number): Promise<ReadonlyMap<string, Body>> =>
    new Map(
      (await client.rejected(count)).map((message) => [
        Buffer.from(message.value ?? '').toString('latin1'),
        JSON.parse(message.header('tenure-reason') ?? ''),
      ]),
    );

  it('takes each form once, and says who sent it and what it belongs to', async () => {
    const system = await newSystem();
    await startRelay(system);
    const running = await startProduct(system);
    const client = await clientOf(system);
    const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const { type: _, ...body } = purchase('binary');
    const forms: readonly PublishedMessage[] = [
      { ...json(purchase('plain')), key: 'k-17850' },
      json(body, {
        ce_specversion: '1.0',
        ce_type: 'purchase',
        ce_id: 'order-7',
        ce_source: '/shop',
        traceparent: trace,
      }),
      json(complaint('c-1'), { ce_specversion: '1.0', ce_type: 'complaint', ce_id: 'has a space', ce_source: '/desk' }),
      envelope('contact', contact('structured'), { traceparent: trace }),
      envelope('com.shop.order.placed', purchase('named-within')),
    ];
    await client.publish(forms);
    await client.publish([...forms].reverse());
    await until(async () => (await client.committed('standalone.facts')) === 2 * forms.length);

    const events = (await running.events()).filter(({ metadata }) => metadata.actor === 'kafka');
    const facts = events.filter(({ type }) => type !== 'CustomerRegistered');
    const about = (id: string): Body => facts.find(({ data }) => Object.values(data).includes(id));
    expect(facts).toHaveLength(forms.length);
    expect(about('binary').metadata).toMatchObject({ correlationId: 'order-7', traceparent: trace });
    expect(about('structured').metadata).toMatchObject({ correlationId: 'ce-contact', traceparent: trace });
    expect(about('named-within').metadata.correlationId).toBe('ce-com.shop.order.placed');
    expect(about('plain').metadata.correlationId).toMatch(/^t[0-9a-f]+\.facts\/\d+\/\d+$/);
    expect(about('plain').metadata.traceparent).toBeUndefined();
    expect(facts.find(({ type }) => type.startsWith('Complaint'))?.metadata.correlationId).toMatch(/\.facts\//);
    expect(await client.rejected(0)).toEqual([]);

    await running.settled();
    const view = await running.get('/v1/customers/by-key/web-shop/k-17850');
    expect(view.body.spend).toMatchObject([{ currency: 'GBP', amountMinor: 4_500 }]);
    expect((await running.get('/readyz')).body.dependencies['facts-inbox']).toBe('ok');
    const { body: metrics } = await running.get('/metrics');
    expect(metrics).toContain(`tenure_inbox_facts_total{outcome="taken"} ${2 * forms.length}`);
    expect(metrics).toContain('tenure_inbox_facts_total{outcome="rejected"} 0');
  });

  it('rejects what is bad, as it came, says why, and quotes nobody', async () => {
    const system = await newSystem();
    const running = await startProduct(system);
    const client = await clientOf(system);
    const problem = (code: string) => ({ type: `urn:tenure:problem:${code}` });
    const field = (pointer: string) => ({ ...problem('invalid'), errors: [{ pointer }] });
    const bad: readonly (readonly [PublishedMessage, object])[] = [
      [{ value: `{"type":"purchase", ${secret}` }, problem('not-json')],
      [{ value: Buffer.from([0x22, 0xff, 0xfe, 0x22]) }, problem('not-json')],
      [{ value: null }, problem('not-json')],
      [json([purchase('in-a-list')]), field('')],
      [json({ type: secret }), field('/type')],
      [json({ source: 'web-shop', note: 'no type' }), field('/type')],
      [json(purchase('bad-currency', { currency: secret })), field('/currency')],
      [
        json(purchase('bad-line', { lines: [{ lineId: '1', productId: secret, quantity: 1 }] })),
        field('/lines/0/amountMinor'),
      ],
      [json(purchase('more', { [secret]: secret })), field('/*')],
      [json(purchase('early', { occurredAt: '2027-01-01T00:00:00Z' })), problem('in-the-future')],
      [json(purchase('first', { currency: 'EUR' })), problem('conflict')],
      [json({ ...contact('large'), text: 'x'.repeat(1024 * 1024) }), problem('too-large')],
      [json(purchase('b-1'), { ce_specversion: '0.3', ce_type: 'purchase' }), field('/ce_specversion')],
      [json(purchase('b-2'), { ce_specversion: '1.0', ce_type: 'refund' }), field('/type')],
      [envelope('purchase', []), field('/data')],
      [json([], { 'content-type': 'application/cloudevents-batch+json' }), problem('unsupported-media-type')],
      [
        json({
          type: 'survey-response',
          source: 's',
          invitationId: 'nobody',
          answeredAt: '2026-02-01T10:00:00Z',
          score: 9,
        }),
        problem('not-found'),
      ],
    ];
    await client.publish([json(purchase('first'))]);
    await until(async () => (await client.committed('standalone.facts')) === 1);
    await client.publish([...bad.map(([message]) => message), json(purchase('last'))]);
    await until(async () => (await client.committed('standalone.facts')) === bad.length + 2);

    const reasons = await reasonsOf(client, bad.length);
    expect(reasons.size).toBe(bad.length);
    for (const [{ value }, expected] of bad) {
      const bytes = Buffer.from(value ?? '').toString('latin1');
      expect(reasons.get(bytes), bytes.slice(0, 200)).toMatchObject(expected);
    }
    for (const copy of await client.rejected(bad.length)) {
      const reason = copy.header('tenure-reason') ?? '';
      expect(Buffer.byteLength(reason)).toBeLessThan(8_000);
      expect(reason).not.toMatch(/Wilhelmina|Canary/);
      expect(copy.header('tenure-source-topic')).toMatch(/\.facts$/);
      expect(copy.header('tenure-source-partition')).toMatch(/^\d+$/);
      expect(copy.header('tenure-source-offset')).toMatch(/^\d+$/);
    }
    const taken = (await typesOf(running)).filter((type) => type === 'PurchaseRecorded');
    expect(taken).toHaveLength(2);
    const { body: metrics } = await running.get('/metrics');
    expect(metrics).toContain(`tenure_inbox_facts_total{outcome="rejected"} ${bad.length}`);
  });

  it('each service takes its own, and what is no fact is rejected once', async () => {
    const system = await newSystem();
    const only = (name: string) => services.filter((service) => service.name === name);
    for (const name of ['interaction', 'complaint']) {
      const config = loadConfig(baseConfig, { ...system.env, TENURE_PORT: '0', TENURE_LOG_LEVEL: 'silent' });
      const log = createLog({ level: 'silent', service: name });
      const running = await startServices({ name, services: only(name), config, info, log });
      ends.push(() => running.stop());
    }
    const client = await clientOf(system);
    const messages = [
      json(purchase('of-interaction')),
      json({ type: 'complaint', ...complaint('of-complaint') }),
      json({ type: 'complaint', ...complaint('bad-one'), severity: 'unbearable' }),
      json({ type: 'nonsense' }),
      { value: 'no JSON' },
    ];
    await client.publish(messages);
    for (const group of ['interaction.facts', 'complaint.facts'])
      await until(async () => (await client.committed(group)) === messages.length);
    const reasons = await reasonsOf(client, 3);
    expect((await client.rejected(3)).length).toBe(3);
    expect(reasons.get('no JSON')?.type).toBe('urn:tenure:problem:not-json');
    expect([...reasons.values()].map(({ errors }) => errors?.[0]?.pointer).sort()).toEqual([
      '/severity',
      '/type',
      undefined,
    ]);
  });

  it('the event store is killed meanwhile: nothing is rejected, nothing lost, and each is there once', async () => {
    const system = await newSystem();
    const running = await startProduct(system);
    const client = await clientOf(system);
    const count = 400;
    const publishing = (async () => {
      for (let from = 0; from < count; from += 20)
        await client.publish(Array.from({ length: 20 }, (_, i) => json(purchase(`o-${from + i}`))));
    })();
    await until(async () => (await typesOf(running)).length > 20);
    await system.eventStore.kill();
    await publishing;
    await client.publish([{ value: 'no JSON' }]);
    await until(async () => {
      const { status, body } = await running.get('/readyz');
      expect(status).toBe(503);
      return /cannot be taken/.test(body.dependencies['facts-inbox']);
    });
    expect(await client.committed('standalone.facts')).toBeLessThan(count);
    await system.eventStore.start();
    await until(async () => (await client.committed('standalone.facts')) === count + 1);
    const types = await typesOf(running);
    expect(types.filter((type) => type === 'PurchaseRecorded')).toHaveLength(count);
    expect([...(await reasonsOf(client, 1)).keys()]).toEqual(['no JSON']);
    await until(async () => (await running.get('/readyz')).body.dependencies['facts-inbox'] === 'ok');
  });

  it('a process that is killed between applying and committing: the next one applies nothing twice', async () => {
    const system = await newSystem();
    const directory = mkdtempSync(join(tmpdir(), 'tenure-inbox-'));
    ends.push(async () => rmSync(directory, { recursive: true, force: true }));
    const env = { ...system.env, TENURE_LOG_LEVEL: 'info' };
    const first = startProcess({ directory, env });
    ends.push(() => first.kill());
    await first.url;
    const client = await clientOf(system);
    const reader = await startReader(system);
    // Appended, but nobody hears of it in time.
    await system.eventStore.failures.delayAnswers(1_500);
    await client.publish(Array.from({ length: 50 }, (_, i) => json(purchase(`k-${i}`))));
    await until(async () => (await reader.purchases()) > 0);
    await first.kill();
    await system.eventStore.failures.heal();
    expect(await client.committed('standalone.facts')).toBe(0);
    const second = startProcess({ directory, env });
    ends.push(() => second.kill());
    await until(async () => (await client.committed('standalone.facts')) === 50);
    expect(await reader.purchases()).toBe(50);
    expect(await client.rejected(0)).toEqual([]);
    second.signal('SIGTERM');
    expect(await second.exited).toBe(0);
  });

  /** Reads the log of a system, takes nothing, and sees what others append. */
  async function startReader({ env }: System): Promise<{ purchases(): Promise<number> }> {
    const config = loadConfig(baseConfig, { ...env, TENURE_PORT: '0', TENURE_LOG_LEVEL: 'silent' });
    const log = createLog({ level: 'silent', service: 'reader' });
    const { context, stop } = await startServices({ name: 'reader', services: [], config, info, log });
    ends.push(stop);
    return {
      purchases: async () => {
        const events = await context.store.readAll({ limit: 10_000 });
        return events.filter(({ type }) => type === 'PurchaseRecorded').length;
      },
    };
  }
});
