import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSignedCertificate } from '@tenure/testing/eventstoredb';
import {
  type EventStoreDBServer,
  type EventStoreDBOptions as ServerOptions,
  startEventStoreDB,
} from '@tenure/testing/servers';
import { afterEach, describe, expect, it } from 'vitest';
import { appendOne, idsOf, newEvent, streamName } from '../contract/harness.ts';
import { StoreUnavailableError } from '../errors.ts';
import { type CustomerIndex, type EventStoreDB, openEventStoreDB } from './index.ts';

const unused = async (): Promise<never> => {
  throw new Error('these tests have no customers and no keys');
};

const noIndex: CustomerIndex = {
  state: unused,
  read: unused,
  readRelated: unused,
  page: unused,
  begin: unused,
  record: unused,
  hold: unused,
  release: unused,
  close: unused,
};

const noKeys = { ensure: unused, findMany: unused, destroy: unused, close: unused };

/** What the connection string says is the library's to understand: these tests show that it gets there. */
describe('EventStoreDB by connection string', () => {
  const ending: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end();
  });

  const serve = async (options?: ServerOptions): Promise<EventStoreDBServer> => {
    const server = await startEventStoreDB(options);
    ending.push(() => server.stop());
    return server;
  };

  const open = async (url: string, patienceMs = 3_000): Promise<EventStoreDB> => {
    const store = await openEventStoreDB({ url, keys: noKeys, index: noIndex, maintainsIndex: false, patienceMs });
    ending.push(() => store.close());
    return store;
  };

  /** With the certificate as a file, which is how connection strings take it. */
  const selfSigned = (): { cert: string; key: string; file: string } => {
    const directory = mkdtempSync(join(tmpdir(), 'tenure-tls-'));
    ending.push(() => rmSync(directory, { recursive: true }));
    const made = selfSignedCertificate();
    const file = join(directory, 'cert.pem');
    writeFileSync(file, made.cert);
    return { ...made, file };
  };

  it('finds the leader of a cluster by gossip, from seeds of which some are down', async () => {
    const leader = await serve();
    const follower = await serve({ leader: { address: '127.0.0.1', port: leader.port } });
    const gone = await serve();
    await gone.kill();
    const direct = await open(leader.url);
    await appendOne(direct, streamName(1), 'absent', newEvent('a'));
    for (const url of [
      `esdb+discover://127.0.0.1:${follower.port}?tls=false&nodePreference=leader`,
      `esdb://127.0.0.1:${gone.port},127.0.0.1:${follower.port}?tls=false&nodePreference=leader`,
    ]) {
      const store = await open(url);
      expect(store.identity).toEqual(direct.identity);
      const last = (await store.readStream(streamName(1))).length - 1;
      expect(await appendOne(store, streamName(1), last, newEvent(url))).toMatchObject({ status: 'appended' });
    }
    expect(await direct.readStream(streamName(1))).toHaveLength(3);
  });

  it('opens over TLS with a certificate and credentials', async () => {
    const { cert, key, file } = selfSigned();
    const { port } = await serve({ tls: { cert, key }, users: { admin: 'changeit' } });
    const url = (user: string): string => `esdb://${user}@127.0.0.1:${port}?tls=true&tlsCAFile=${file}`;
    const store = await open(url('admin:changeit'));
    await appendOne(store, streamName(1), 'absent', newEvent('a'));
    expect(idsOf(await store.readAll({ limit: 10 }))).toEqual([newEvent('a').id]);
    await expect(open(url('admin:wrong'))).rejects.toThrow(StoreUnavailableError);
    await expect(open(`esdb://admin:changeit@127.0.0.1:${port}?tls=true`, 300)).rejects.toThrow(StoreUnavailableError);
  });
});
