import { describe, expect, it } from 'vitest';
import { baseConfig } from '../base-config.ts';
import { ConfigError, loadConfig } from '../config.ts';
import { type Engines, enginesOf } from './engines.ts';

const idKey = '0'.repeat(64);
const esdb = 'esdb://admin:changeit@store:2113?tls=true';
const mongo = 'mongodb://a:1,b:2/shop?replicaSet=rs0';

function engines(env: Record<string, string>): Engines {
  return enginesOf(loadConfig(baseConfig, env));
}

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    engines(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('engines', () => {
  it('are the embedded ones unless others are named', () => {
    expect(engines({})).toEqual({
      eventStore: { kind: 'sqlite' },
      eventBus: { kind: 'embedded' },
      readStore: { kind: 'sqlite' },
      keyStore: { kind: 'sqlite' },
    });
  });

  it('are named by URLs; keys of personal data lie beside the views', () => {
    expect(
      engines({
        TENURE_EVENT_STORE: esdb,
        TENURE_EVENT_BUS: 'kafka+ssl://me:p%40ss@a:9092,b:9093/shop?partitions=24&minInSyncReplicas=2&retentionDays=3',
        TENURE_READ_STORE: mongo,
        TENURE_ID_KEY: idKey,
      }),
    ).toEqual({
      eventStore: { kind: 'eventstoredb', url: esdb },
      eventBus: {
        kind: 'kafka',
        brokers: ['a:9092', 'b:9093'],
        ssl: true,
        sasl: { username: 'me', password: 'p@ss' },
        topics: { prefix: 'shop', partitions: 24, minInSyncReplicas: 2, retentionMs: 3 * 86_400_000 },
      },
      readStore: { kind: 'mongodb', url: mongo, database: 'shop' },
      keyStore: { kind: 'mongodb', url: mongo, database: 'shop-keys' },
    });
  });

  it('have names that are made up where none are given', () => {
    const named = { TENURE_READ_STORE: 'mongodb://a', TENURE_EVENT_BUS: 'kafka://a:9092' };
    const { readStore, eventBus } = engines({
      ...named,
      TENURE_EVENT_STORE: 'esdb+discover://a',
      TENURE_ID_KEY: idKey,
    });
    expect(readStore).toMatchObject({ database: 'tenure' });
    expect(eventBus).toMatchObject({ ssl: false, topics: { prefix: 'tenure' } });
  });

  it('may be mixed where one process owns what is embedded', () => {
    expect(faultsOf({ TENURE_READ_STORE: mongo })).toEqual([]);
    expect(faultsOf({ TENURE_EVENT_STORE: esdb, TENURE_READ_STORE: mongo, TENURE_ID_KEY: idKey })).toEqual([]);
  });

  it('that cannot work together are refused, all faults at once', () => {
    expect(faultsOf({ TENURE_EVENT_STORE: esdb, TENURE_KEY_STORE: 'sqlite:' })).toEqual([
      expect.stringMatching(/^TENURE_READ_STORE: /),
      expect.stringMatching(/^TENURE_KEY_STORE: /),
      expect.stringMatching(/^TENURE_ID_KEY: /),
    ]);
    expect(faultsOf({ TENURE_EVENT_BUS: 'kafka://a:1', TENURE_KEY_STORE: mongo })).toEqual([
      expect.stringMatching(/^TENURE_EVENT_BUS: /),
      expect.stringMatching(/^TENURE_KEY_STORE: /),
    ]);
  });

  it('say which parameter of a URL is wrong', () => {
    expect(faultsOf({ TENURE_EVENT_BUS: 'kafka://a:1?partitions=0' })).toEqual([
      expect.stringMatching(/^TENURE_EVENT_BUS: in its query partitions: /),
    ]);
    expect(faultsOf({ TENURE_EVENT_BUS: 'kafka://a:1?shards=2' })).toHaveLength(1);
  });

  it.each([
    ['TENURE_EVENT_STORE', 'sqlite'],
    ['TENURE_EVENT_STORE', 'esdb://'],
    ['TENURE_EVENT_BUS', 'kafka://a'],
    ['TENURE_EVENT_BUS', 'kafka://a:1/Upper'],
    ['TENURE_EVENT_BUS', 'http://a:1'],
    ['TENURE_READ_STORE', 'mongo://a'],
    ['TENURE_KEY_STORE', 'mongodb:///db'],
  ])('%s=%s is refused', (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(`^${name}: must be`)]);
  });
});
