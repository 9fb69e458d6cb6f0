import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isInStep } from './install.mjs';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tenure-install-'));
  await write('pnpm-lock.yaml', 'wanted');
});
afterEach(() => rm(root, { recursive: true }));

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), text);
}

test('a fresh clone is not in step', async () => {
  expect(await isInStep(root)).toBe(false);
});

test("packages are in step when pnpm's copy of the lockfile is the lockfile", async () => {
  await write('node_modules/.pnpm/lock.yaml', 'wanted');
  expect(await isInStep(root)).toBe(true);
  await write('pnpm-lock.yaml', 'wanted, and one more');
  expect(await isInStep(root)).toBe(false);
});
