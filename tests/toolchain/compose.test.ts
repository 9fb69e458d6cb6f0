import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join, resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { baseConfig, loadConfig } from '@tenure/runtime';
import { services as apiServices } from '@tenure/standalone';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly [key: string]: unknown;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const parsed: unknown = parse(read('docker-compose.yml'), { merge: true });
const compose = parsed as Compose;
const all = Object.entries(compose.services);
const ours = all.filter(([, { build }]) => build !== undefined);
const theirs = all.filter(([, { build }]) => build === undefined);
const dockerfile = read('Dockerfile');

describe('docker-compose.yml', () => {
  // The schema names its dialect in a way that no validator knows; it is draft 7, which is Ajv's own.
  const { $schema: _dialect, ...schema } = JSON.parse(read('infra/compose-spec/compose-spec.json')) as {
    $schema: string;
  };
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

  it('is what the Compose Specification says', () => {
    expect(validate(parsed), JSON.stringify(validate.errors)).toBe(true);
  });

  it('would not be with a word that the specification does not know', () => {
    expect(validate({ ...compose, services: { one: { image: 'a:1', heathcheck: {} } } })).toBe(false);
  });

  it('has every service but the one that is all of them', () => {
    const there = globSync('services/*/src/main.ts', { cwd: root }).map((file) => file.split(/[\\/]/)[1]);
    expect(ours.map(([name]) => name).toSorted()).toEqual(there.filter((name) => name !== 'standalone').toSorted());
  });

  it.each(all)('pins the image of %s to a version', (_name, { image }) => {
    expect(image).toMatch(/:\d+\.\d+\.\d+/);
  });

  it.each(all)('bounds %s, and lets it gain nothing', (_name, service) => {
    expect(service).toMatchObject({
      restart: 'unless-stopped',
      mem_limit: expect.any(String),
      memswap_limit: service.mem_limit,
      cpus: expect.any(Number),
      pids_limit: expect.any(Number),
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it.each(ours)(
    'runs %s as nobody special, on a root that it cannot write, and asks whether it is ready',
    (name, service) => {
      expect(service).toMatchObject({ user: 'node', read_only: true, tmpfs: [expect.stringContaining('/tmp:')] });
      expect(service.healthcheck?.test.slice(0, 3)).toEqual(['CMD', 'node', '-e']);
      expect(service.healthcheck?.test[3]).toContain(`http://127.0.0.1:${service.environment?.TENURE_PORT}/readyz`);
      expect(service.command).toEqual(['node', `services/${name}/src/main.ts`]);
    },
  );

  it.each(all)('has what %s names', (_name, { volumes = [], networks, depends_on = {} }) => {
    for (const network of networks) expect(compose.networks).toHaveProperty(network);
    for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
      if (source.startsWith('./')) expect(statSync(join(root, source)).isFile(), source).toBe(true);
      else expect(compose.volumes).toHaveProperty(source);
    }
    for (const [other, { condition }] of Object.entries(depends_on)) {
      expect(condition).toBe('service_healthy');
      expect(compose.services[other]?.healthcheck, other).toBeDefined();
    }
  });

  it('publishes the gateway on loopback, and nothing else', () => {
    expect(compose.networks.stores?.internal).toBe(true);
    for (const [name, { ports = [], networks }] of all) {
      expect(networks, name).toEqual(name === 'gateway' ? ['stores', 'clients'] : ['stores']);
      expect(ports, name).toEqual(name === 'gateway' ? ['127.0.0.1:8080:8080'] : []);
    }
  });

  it('keeps on volumes what the stores keep', () => {
    const kept = theirs.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[1]));
    expect(kept).toEqual(expect.arrayContaining(['/var/lib/eventstore', '/var/lib/kafka/data', '/data/db']));
  });
});

describe('the environment of the services', () => {
  const made = Object.fromEntries(
    execFileSync(process.execPath, [join(root, 'infra/make-env.mjs')], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).replace(/^'(.*)'$/, '$1')]),
  ) as Record<string, string>;
  const filled = ({ environment = {} }: Service): Record<string, string> =>
    Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        value.replaceAll(/\$\{(\w+):\?[^}]+\}/g, (_all, variable: string) => made[variable] ?? `no ${variable}`),
      ]),
    );

  it.each(ours)('of %s is a configuration that it knows', async (name, service) => {
    const config = name === 'gateway' ? await gatewayConfig() : baseConfig;
    const env = filled(service);
    expect(Object.keys(env).filter((variable) => !(variable in config.shape))).toEqual([]);
    expect(() => loadConfig(config, env)).not.toThrow();
    expect(env.TENURE_HOST).toBe('0.0.0.0');
  });

  it.each(ours)('of %s leads to what is there', (_name, service) => {
    const hosts = Object.values(filled(service)).flatMap((value) =>
      [...value.matchAll(/\w+:\/\/([\w-]+):\d+/g)].map(([, host]) => host),
    );
    expect(hosts.filter((host) => compose.services[host ?? ''] === undefined)).toEqual([]);
  });

  it('is not complete without secrets, and Compose says which', () => {
    for (const [name, { environment = {} }] of ours) {
      const secrets = ['TENURE_KEYS', name === 'gateway' ? 'TENURE_UPSTREAM_KEY' : 'TENURE_ID_KEY'];
      for (const secret of secrets) expect(environment[secret], name).toMatch(new RegExp(`^\\$\\{${secret}:\\?.+\\}$`));
    }
  });

  it('lets the gateway stand before every service that has an API', () => {
    const upstreams = filled(compose.services.gateway!).TENURE_UPSTREAMS?.split(',');
    expect(upstreams).toEqual(apiServices.map(({ name }) => `${name}=http://${name}:8080`));
  });

  it('has another secret each time', () => {
    expect(execFileSync(process.execPath, [join(root, 'infra/make-env.mjs')], { encoding: 'utf8' })).not.toContain(
      made.TENURE_ID_KEY,
    );
  });
});

describe('the image', () => {
  const manifest = JSON.parse(read('package.json')) as {
    packageManager: string;
    devDependencies: Record<string, string>;
  };

  it('has the Node and the pnpm of the workspace, and ends as nobody special', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(new Set(bases)).toEqual(new Set([`node:${manifest.devDependencies.node}-bookworm-slim`]));
    expect(dockerfile).toContain(`npm install --global ${manifest.packageManager}`);
    expect(dockerfile.match(/^USER .*/gm)).toEqual(['USER node']);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  });

  it('leaves out no package that a service needs, nor keeps what is for tests', () => {
    const left = read('.dockerignore')
      .split('\n')
      .filter((line) => /^packages\//.test(line));
    const needed = new Set<string>();
    const need = (folder: string): void => {
      if (needed.has(folder)) return;
      needed.add(folder);
      const { dependencies = {} } = JSON.parse(read(`${folder}/package.json`)) as { dependencies?: object };
      for (const name of Object.keys(dependencies)) {
        const [, own = ''] = /^@tenure\/(.+)$/.exec(name) ?? [];
        if (own !== '') need(existsSync(join(root, 'packages', own)) ? `packages/${own}` : `services/${own}`);
      }
    };
    for (const [name] of ours) need(`services/${name}`);
    expect(left).toEqual(['packages/cli', 'packages/testing']);
    expect(left.filter((folder) => needed.has(folder))).toEqual([]);
  });
});

describe('the health checks of the services', () => {
  const ofCompose = compose.services.profile?.healthcheck?.test.slice(1) ?? [];
  const ofImage = JSON.parse(/^HEALTHCHECK .*\n +CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];

  it.each([
    ['compose', '/readyz', (port: number) => ofCompose.map((part) => part.replace('8080', String(port)))],
    ['the image', '/healthz', () => ofImage],
  ])('of %s ask %s, and fail unless the answer is good', async (_where, path, command) => {
    let status = 200;
    const server = createServer((request, response) => response.writeHead(request.url === path ? status : 404).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const check = async (): Promise<number | null> => {
      const [program = '', ...args] = command(port);
      expect(program).toBe('node');
      const child = spawn(process.execPath, args, { env: { TENURE_PORT: String(port) }, stdio: 'ignore' });
      const [code] = (await once(child, 'exit')) as [number | null];
      return code;
    };
    expect(await check()).toBe(0);
    status = 503;
    expect(await check()).toBe(1);
    server.close();
    expect(await check()).toBe(1);
  });
});

describe('the health check of MongoDB', () => {
  const script = read('infra/mongodb/ready.js');
  const run = (status: () => void, isWritablePrimary: boolean): { initiated: unknown[]; exit: number | undefined } => {
    const initiated: unknown[] = [];
    let exit: number | undefined;
    runInNewContext(script, {
      rs: { status, initiate: (config: unknown) => initiated.push(config) },
      db: { hello: () => ({ isWritablePrimary }) },
      quit: (code: number) => {
        exit = code;
      },
    });
    return { initiated, exit };
  };
  const failing = (codeName: string) => () => {
    throw Object.assign(new Error(codeName), { codeName });
  };

  it('makes it a replica set once, and is good when it takes writes', () => {
    const first = run(failing('NotYetInitialized'), false);
    expect(first).toEqual({ initiated: [{ _id: 'rs0', members: [{ _id: 0, host: 'mongodb:27017' }] }], exit: 1 });
    expect(run(() => undefined, false)).toEqual({ initiated: [], exit: 1 });
    expect(run(() => undefined, true)).toEqual({ initiated: [], exit: undefined });
    expect(compose.services.mongodb?.command).toContain('rs0');
  });

  it('fails for any other reason, too', () => {
    expect(() => run(failing('Unauthorized'), true)).toThrow('Unauthorized');
  });
});

it('the collector has the parts that its pipelines name, on the port that the services send to', () => {
  const config = parse(read('infra/otel/collector.yaml')) as {
    receivers: { otlp: { protocols: { http: { endpoint: string } } } };
    service: { pipelines: Record<string, Record<string, string[]>> };
  } & Record<string, object>;
  for (const parts of Object.values(config.service.pipelines)) {
    for (const [kind, names] of Object.entries(parts)) {
      for (const name of names) expect(config[kind], kind).toHaveProperty(name);
    }
  }
  const { port } = new URL(compose.services.profile?.environment?.OTEL_EXPORTER_OTLP_ENDPOINT ?? '');
  expect(config.receivers.otlp.protocols.http.endpoint).toBe(`0.0.0.0:${port}`);
  expect(compose.services['otel-collector']?.volumes?.[0]).toContain(basename('infra/otel/collector.yaml'));
});

/** By its file: the gateway is no dependency of these tests. */
async function gatewayConfig(): Promise<typeof baseConfig> {
  const file = new URL('../../services/gateway/src/config.ts', import.meta.url).href;
  const module = (await import(file)) as { gatewayConfig: typeof baseConfig };
  return module.gatewayConfig;
}
