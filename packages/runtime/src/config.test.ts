import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createApiKey } from './api-keys.ts';
import { baseConfig } from './base-config.ts';
import { ConfigError, describeConfig, loadConfig, showConfig } from './config.ts';

const faultsOf = (env: Record<string, string>, schema: z.ZodObject = baseConfig): readonly string[] => {
  try {
    loadConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

describe('configuration', () => {
  it('has a default for everything', () => {
    expect(loadConfig(baseConfig, { PATH: '/bin', TENURE_PORT: '' })).toEqual({
      TENURE_PORT: 8080,
      TENURE_HOST: '127.0.0.1',
      TENURE_DATA: './data',
      TENURE_EVENT_STORE: { kind: 'sqlite' },
      TENURE_EVENT_BUS: { kind: 'embedded' },
      TENURE_READ_STORE: { kind: 'sqlite' },
      TENURE_ZONE: 'UTC',
      TENURE_CLOCK: { kind: 'system' },
      TENURE_LOG_LEVEL: 'info',
      TENURE_MAX_BODY_BYTES: 1024 * 1024,
      TENURE_MAX_CONCURRENCY: 256,
      TENURE_TIMEOUT_MS: 9000,
      TENURE_GRACE_MS: 10_000,
    });
  });

  it('tells all faults at once, each with the variable’s name', () => {
    const faults = faultsOf({
      TENURE_PORT: '80a',
      TENURE_ZONE: 'Mars/Olympus',
      TENURE_CLOCK: 'yesterday',
      TENURE_ID_KEY: 'secret-that-is-no-hex',
      TENURE_KEYS: '[{"id":"a"}]',
      TENURE_TIMEOUT_MS: '20000',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector',
    });
    const names = ['PORT', 'ZONE', 'CLOCK', 'ID_KEY', 'KEYS', 'TIMEOUT_MS'].map((name) => `TENURE_${name}`);
    for (const name of [...names, 'OTEL_EXPORTER_OTLP_ENDPOINT']) {
      expect(
        faults.some((fault) => fault.startsWith(`${name}: `)),
        name,
      ).toBe(true);
    }
    expect(faults.join()).not.toContain('secret-that-is-no-hex');
    expect(faultsOf({}, baseConfig.extend({ OWN: z.string() }))).toEqual(['OWN: is required']);
  });

  it('shows what it is, but no secrets', () => {
    const { secret, hash } = createApiKey();
    const env = { TENURE_ID_KEY: 'ab'.repeat(32), TENURE_KEYS: JSON.stringify([{ id: 'shop', hash, scopes: ['*'] }]) };
    const shown = JSON.stringify(showConfig(baseConfig, env));
    for (const hidden of [secret, hash, 'abab']) expect(shown).not.toContain(hidden);
    expect(shown).toContain('"TENURE_PORT":"8080"');
    expect(shown).toContain('"TENURE_KEYS":"[set, not shown]"');
    expect(showConfig(baseConfig, { TENURE_PORT: '9090' })).toMatchObject({ TENURE_KEYS: null, TENURE_PORT: '9090' });
  });

  it('takes the clock’s start', () => {
    const { TENURE_CLOCK } = loadConfig(baseConfig, { TENURE_CLOCK: '2011-03-01T00:00:00Z' });
    expect(TENURE_CLOCK.kind).toBe('shifted');
  });

  it('describes each of its keys', () => {
    const entries = describeConfig(baseConfig.extend({ OWN: z.string().describe('Mine') }));
    expect(entries).toContainEqual({
      name: 'TENURE_PORT',
      description: expect.stringContaining('Port'),
      default: '8080',
      required: false,
      secret: false,
    });
    expect(entries).toContainEqual({ name: 'OWN', description: 'Mine', default: null, required: true, secret: false });
    expect(entries.filter(({ secret }) => secret).map(({ name }) => name)).toEqual([
      'TENURE_EVENT_STORE',
      'TENURE_EVENT_BUS',
      'TENURE_READ_STORE',
      'TENURE_KEY_STORE',
      'TENURE_ID_KEY',
      'TENURE_KEYS',
    ]);
    expect(() => describeConfig(z.object({ SILENT: z.string() }))).toThrow('SILENT has no description');
  });
});

describe('API keys', () => {
  const { hash } = createApiKey();
  const good = [{ id: 'shop', hash, scopes: ['facts:write', 'customers:*'] }];

  it('are taken from JSON and from a file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tenure-keys-'));
    const file = join(directory, 'keys.json');
    writeFileSync(file, JSON.stringify(good));
    expect(loadConfig(baseConfig, { TENURE_KEYS: file }).TENURE_KEYS).toEqual(good);
    expect(loadConfig(baseConfig, { TENURE_KEYS: JSON.stringify(good) }).TENURE_KEYS).toEqual(good);
    rmSync(directory, { recursive: true });
    expect(faultsOf({ TENURE_KEYS: file })).toEqual(['TENURE_KEYS: what it names is no file that can be read']);
  });

  it.each([
    ['no JSON', '[', 'the value is not JSON'],
    ['no keys', '[]', '/'],
    ['a key in clear', JSON.stringify([{ ...good[0], hash: 'a-secret' }]), '/0/hash'],
    ['an unknown field', JSON.stringify([{ ...good[0], key: 'x' }]), '/0'],
    ['a scope of no shape', JSON.stringify([{ ...good[0], scopes: ['all of it'] }]), '/0/scopes/0'],
    ['an id twice', JSON.stringify([...good, ...good]), 'two keys have the same id'],
  ])('are refused with %s', (_, text, says) => {
    const faults = faultsOf({ TENURE_KEYS: text });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(says);
    expect(faults[0]).not.toContain('a-secret');
  });
});
