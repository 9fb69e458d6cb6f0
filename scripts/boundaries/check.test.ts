import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkBoundaries } from './check.ts';

const workspace = new URL('../../', import.meta.url);

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tenure-boundaries-'));
  const packages = [
    'packages/contracts',
    'packages/domain',
    'packages/event-store',
    'packages/runtime',
    'packages/testing',
    'services/profile',
    'services/loyalty',
  ];
  for (const path of packages) {
    const manifest = await readFile(new URL(`${path}/package.json`, workspace), 'utf8');
    await write(`${path}/package.json`, manifest);
    await write(`${path}/src/index.ts`, 'export const x = 1;');
    const { name } = JSON.parse(manifest);
    await mkdir(join(root, 'node_modules/@tenure'), { recursive: true });
    await symlink(join(root, path), join(root, 'node_modules', name));
  }
  await write('packages/event-store/src/sqlite/index.ts', 'export const x = 1;');
  await write('packages/event-store/src/contract.ts', 'export const x = 1;');
  await write('package.json', '{ "name": "planted", "type": "module" }');
});
afterAll(() => rm(root, { recursive: true }));

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
}

/** The names of the rules that are broken with `text` in `file`. */
async function broken(file: string, text: string): Promise<string[]> {
  await write(file, text);
  try {
    const { faults } = await checkBoundaries(root, 1);
    return [...new Set(faults.map((fault) => /\n\s+(\S+):/.exec(fault)?.[1] ?? fault.replace(/:? .*/s, '')))].sort();
  } finally {
    await rm(join(root, file));
  }
}

test('a workspace without fault has none, and every file was read', async () => {
  expect(await checkBoundaries(root, 1)).toEqual({ modules: 9, faults: [] });
});

test.for([
  ['a service imports another', 'services/profile/src/a.ts', '@tenure/loyalty', ['layer:services/profile']],
  [
    'a service imports only a type of another',
    'services/profile/src/a.ts',
    'type:@tenure/loyalty',
    ['layer:services/profile'],
  ],
  [
    'a service reaches into another by its file',
    'services/profile/src/a.ts',
    '../../loyalty/src/index.ts',
    ['by-name', 'layer:services/profile'],
  ],
  ['a service loads another lazily', 'services/profile/src/a.ts', 'lazy:@tenure/loyalty', ['layer:services/profile']],
  ['the domain imports the runtime', 'packages/domain/src/a.ts', '@tenure/runtime', ['layer:packages/domain']],
  ['the domain reads files', 'packages/domain/src/a.ts', 'node:fs', ['pure-domain']],
  ['the contracts import the domain', 'packages/contracts/src/a.ts', '@tenure/domain', ['layer:packages/contracts']],
  ['a service chooses an adapter', 'services/profile/src/routes.ts', '@tenure/event-store/sqlite', ['adapter']],
  ['a port knows its adapter', 'packages/event-store/src/a.ts', './sqlite/index.ts', ['adapter-of-own-port']],
  ['a service opens SQLite', 'services/profile/src/a.ts', 'node:sqlite', ['sqlite']],
  ['a service uses test helpers', 'services/profile/src/a.ts', '@tenure/testing', ['layer:services/profile']],
  [
    "a service's test imports another service",
    'services/profile/src/a.test.ts',
    '@tenure/loyalty',
    ['layer:services/profile:tests'],
  ],
  ['the oracle asks the product', 'tests/oracle/a.ts', '@tenure/domain', ['layer:tests/oracle']],
  ['a port loads its contract suite', 'packages/event-store/src/a.ts', './contract.ts', ['for-tests']],
  ['an import leads nowhere', 'services/profile/src/a.ts', './nowhere.ts', ['unresolved']],
  ['a module imports itself', 'services/profile/src/a.ts', './a.ts', ['cycle']],
  ['a package that no rule knows', 'packages/new/src/a.ts', '@tenure/domain', ['unknown-part']],
] as const)('found: %s', async ([, file, specifier, expected]) => {
  const [, kind, name] = /^(?:(type|lazy):)?(.*)$/.exec(specifier) ?? [];
  const text =
    kind === 'lazy'
      ? `export const load = () => import('${name}');`
      : `import ${kind === 'type' ? 'type ' : ''}* as it from '${name}'; export type It = typeof it;`;
  expect(await broken(file, text)).toEqual(expected);
});

test.for([
  ["a service's main chooses an adapter", 'services/profile/src/main.ts', '@tenure/event-store/sqlite'],
  ["a service's test uses test helpers", 'services/profile/src/a.test.ts', '@tenure/testing'],
  ['an adapter opens SQLite', 'packages/event-store/src/sqlite/a.ts', 'node:sqlite'],
  ['a test uses a service', 'tests/a.test.ts', '@tenure/profile'],
] as const)('allowed: %s', async ([, file, specifier]) => {
  expect(await broken(file, `export * as it from '${specifier}';`)).toEqual([]);
});

test('a tool that cannot read TypeScript is a fault, and no success', async () => {
  const noTypeScript = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, context, next) => {
      if (/^typescript\\b/.test(name)) throw new Error('not installed');
      return next(name, context);
    } });`;
  const check = `import { checkBoundaries } from ${JSON.stringify(new URL('./check.ts', import.meta.url).href)};
    console.log(JSON.stringify(await checkBoundaries(${JSON.stringify(root)}, 1)));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--import', `data:text/javascript,${encodeURIComponent(noTypeScript)}`],
    ...['--input-type=module', '--eval', check],
  ]);
  const { modules, faults } = JSON.parse(stdout);
  expect(modules).toBe(0);
  expect(faults).toContain('services/profile/src/index.ts was not read');
});

test('a tool that sees too little is a fault', async () => {
  const { faults } = await checkBoundaries(root, 10);
  expect(faults).toEqual([expect.stringContaining('only 9 source files')]);
});
