import type { EventStore } from '@tenure/event-store';
import { baseConfig, enginesOf, loadConfig, openReadStore, readPolicies, serveLog } from '@tenure/runtime';
import { apiServices, type Cluster, startCluster } from '@tenure/testing/cluster';
import { hasKafka, hasMongoDB } from '@tenure/testing/servers';
import { afterEach, expect, it } from 'vitest';
import { chanceFor, isFull } from '../support/chance.ts';
import { expectedView, shownView } from '../support/expected-view.ts';
import { foldCustomer, foldEveryone, recordedOtherwise } from '../support/folded.ts';
import { readPublishedEvents } from '../support/published-events.ts';
import { until } from '../support/running.ts';
import { SteadyPublisher } from '../support/steady-publisher.ts';
import { allDocuments, allEvents } from '../support/stored.ts';

const rounds = 30;
const isHere = isFull && hasKafka() && hasMongoDB();

let cluster: Cluster | undefined;
let publisher: SteadyPublisher | undefined;
afterEach(async () => {
  await publisher?.stop();
  await cluster?.stop();
}, 120_000);

it.skipIf(!isHere)(
  'I4, I7, I9, I16: kill -9 of relay, services, Kafka and the store under load: nothing is lost, doubled, out of order or acknowledged in vain',
  async () => {
    const chance = chanceFor('cluster kills');
    const running = await startCluster();
    cluster = running;
    publisher = new SteadyPublisher({ url: running.url, chance, customers: 40, atOnce: 3 });
    const down: { from: number; to: number }[] = [];
    const killed = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      await publisher.asks(chance.between(2, 40));
      const victim = victimOf(
        running,
        round === 0 ? 'relay' : chance.pick([...apiServices, 'relay', 'relay', 'kafka', 'eventstoredb']),
      );
      killed.set(victim.name, (killed.get(victim.name) ?? 0) + 1);
      await victim.kill();
      const from = performance.now();
      await publisher.asks(chance.between(0, 4));
      if (victim.name === 'eventstoredb') {
        await until(async () => (await notReady(running, 'interaction')).includes('event-store'), 15_000);
        down.push({ from, to: performance.now() });
      }
      await victim.start();
    }
    const before = publisher.acknowledged.length;
    await until(async () => (publisher?.acknowledged.length ?? 0) > before + 50, 60_000);
    await publisher.stop();
    const { acknowledged, refused } = publisher;
    process.stdout.write(
      `cluster kills: ${JSON.stringify({ acknowledged: acknowledged.length, refused, ...Object.fromEntries(killed) })}\n`,
    );
    expect(acknowledged.length).toBeGreaterThan(rounds);
    const inVain = acknowledged.filter(({ askedAt, answeredAt }) =>
      down.some(({ from, to }) => askedAt > from && answeredAt < to),
    );
    expect(inVain, 'I9: acknowledged while the store was away').toEqual([]);

    const config = loadConfig(baseConfig, running.env);
    const log = await serveLog(enginesOf(config), {
      directory: running.directory,
      now: Date.now,
      onIndexFault: () => undefined,
    });
    try {
      await everythingApplied(running, log.store);
      const events = await allEvents(log.store);
      const orders = events.filter(({ type }) => type === 'PurchaseRecorded').map(({ data }) => orderOf(data));
      expect(new Set(orders).size, 'I4: each once').toBe(orders.length);
      for (const { orderId } of acknowledged) expect(orders, 'I6: every acknowledged one').toContain(orderId);

      const { prefix } = topicsOf(running.env);
      const published = await readPublishedEvents(
        running.kafka.brokers,
        `${prefix}.events`,
        events.map(({ id }) => id),
      );
      const onTopic = new Set(published.map(({ eventId }) => eventId));
      expect(
        events.filter(({ id }) => !onTopic.has(id)).map(({ type, id }) => `${type} ${id}`),
        'I7: on the topic',
      ).toEqual([]);
      const last = new Map<string, string>();
      for (const { customerId, position } of published) {
        if (customerId === null) continue;
        const before = last.get(customerId) ?? '';
        expect(before <= position, `I7: in order for ${customerId}`).toBe(true);
        last.set(customerId, position);
      }

      const everyone = await foldEveryone(log.store, events, Date.now());
      expect(recordedOtherwise(everyone, events), 'I23').toEqual([]);
      const policies = await readPolicies(log.store);
      const readStore = await openReadStore(
        { engine: enginesOf(config).readStore, directory: '', owner: 'analytics' },
        'reader',
      );
      const views = await readStore.open((await readStore.current()) ?? '', [{ name: 'customers', indexes: [] }]);
      const shown = await allDocuments(views, 'customers');
      expect(new Set(shown.map(({ document }) => document._id))).toEqual(new Set(everyone.keys()));
      for (const { document } of shown) {
        const { until: at } = document._times as { until: number };
        const folded = await foldCustomer(log.store, document._id, policies, { until: at });
        if (folded !== undefined) expect(shownView(document)).toEqual(expectedView(folded.state, folded.ids));
      }
      await readStore.close();
    } finally {
      await log.close();
    }
  },
  1_800_000,
);

interface Victim {
  readonly name: string;
  kill(): Promise<void>;
  start(): Promise<unknown>;
}

function victimOf({ services, kafka, eventStore }: Cluster, name: string): Victim {
  if (name === 'kafka') return { name, kill: () => kafka.kill(), start: () => kafka.start() };
  if (name === 'eventstoredb') return { name, kill: () => eventStore.kill(), start: () => eventStore.start() };
  for (const [service, process_] of services) {
    if (service === name) return { name, kill: () => process_.kill(), start: () => process_.start() };
  }
  throw new RangeError(`nothing of the cluster is called ${name}`);
}

/** What a service says it cannot do without and has not. */
async function notReady(of: Cluster, service: string): Promise<readonly string[]> {
  const response = await fetch(`${of.urls.get(service)}/readyz`);
  const { dependencies } = (await response.json()) as { readonly dependencies: Readonly<Record<string, string>> };
  return Object.entries(dependencies).flatMap(([name, state]) => (state === 'ok' ? [] : [name]));
}

/** Resolves once views and recorders of all services have all of the log, and nothing more follows. */
async function everythingApplied({ urls }: Cluster, store: EventStore): Promise<void> {
  for (;;) {
    const head = (await store.head()) ?? '';
    for (const service of ['analytics', 'loyalty', 'complaint', 'interaction']) {
      await until(async () => {
        const text = await (await fetch(`${urls.get(service)}/metrics`)).text();
        const lag = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
        return lag('tenure_views_lag_seconds') === 0 && lag('tenure_recording_lag_seconds') === 0;
      });
    }
    if ((await store.head()) === head) return;
  }
}

function orderOf(data: object): string {
  return 'orderId' in data ? String(data.orderId) : '';
}

function topicsOf(env: Readonly<Record<string, string>>): { readonly prefix: string } {
  const { eventBus } = enginesOf(loadConfig(baseConfig, env));
  if (eventBus.kind !== 'kafka') throw new Error('the cluster has no Kafka');
  return eventBus.topics;
}
