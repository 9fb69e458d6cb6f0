import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const folders = globSync('{packages/*,services/*,tests,bench}/package.json', { cwd: root }).map(dirname).sort();
const folderOf = new Map(folders.map((folder) => [read(join(folder, 'package.json')).name, folder]));

const references = (folder: string): string[] =>
  read(join(folder, 'tsconfig.json')).references.map(({ path }: { path: string }) =>
    relative(root, resolve(root, folder, path)),
  );

test('every package is type-checked', () => {
  expect(references('.').toSorted()).toEqual([...folders, 'scripts'].sort());
});

describe.for(folders)('%s', (folder) => {
  const manifest = read(join(folder, 'package.json'));

  test('refers to the packages that it depends on', () => {
    const ours = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).flatMap(
      (name) => folderOf.get(name) ?? [],
    );
    expect(references(folder).toSorted()).toEqual(ours.sort());
  });

  test('exports files that exist', () => {
    const missing = Object.values<string>(manifest.exports ?? {}).filter(
      (file) => !existsSync(join(root, folder, file)),
    );
    expect(missing).toEqual([]);
  });

  test('pins its dependencies', () => {
    const loose = Object.entries<string>(manifest.dependencies ?? {}).filter(
      ([, version]) => /^[~^]|[*x]$/.test(version) && version !== 'workspace:*',
    );
    expect(loose).toEqual([]);
  });
});
