import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runVitest } from './vitest.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tenure-vitest-'));
  await mkdir(join(root, 'node_modules'));
  const vitest = fileURLToPath(new URL('../../node_modules/vitest', import.meta.url));
  await symlink(vitest, join(root, 'node_modules', 'vitest'));
  const reporter = fileURLToPath(new URL('./tally-reporter.ts', import.meta.url));
  await writeFile(
    join(root, 'vitest.config.mjs'),
    `import { TallyReporter } from ${JSON.stringify(reporter)};
     export default { test: {
       experimental: { viteModuleRunner: false, nodeLoader: false },
       reporters: [new TallyReporter(process.env.TENURE_TEST_TALLY)],
     } };`,
  );
});
afterAll(() => rm(root, { recursive: true }));

test.for([
  [
    'what passes, fails and is skipped',
    'test("a", () => {}); test("b", () => { throw new Error("no luck"); }); test("c", (it) => it.skip("no disk"));',
    1,
    1,
    1,
  ],
  ['a file that does not load', 'throw new Error("broken");', 0, 1, 0],
  [
    'a suite that cannot be set up',
    'describe("s", () => { beforeAll(() => { throw new Error(); }); test("a", () => {}); });',
    0,
    1,
    1,
  ],
  [
    'an error that no test caught',
    'test("a", () => { setImmediate(() => { throw new Error("late"); }); return new Promise(setImmediate); });',
    1,
    1,
    0,
  ],
  ['no test at all', '', 0, 1, 0],
] as const)('counts %s', async ([, text, passed, failed, skipped]) => {
  const file = join(root, 'one.test.mjs');
  await writeFile(file, `import { beforeAll, describe, test } from 'vitest';\n${text}`);
  const tally = await runVitest(root, ['one.test.mjs']);
  expect([tally.passed, tally.failed.length, tally.skipped.length]).toEqual([passed, failed, skipped]);
  if (skipped > 0 && passed > 0) {
    expect(tally.failed).toEqual([{ name: 'one.test.mjs > b', reason: 'no luck' }]);
    expect(tally.skipped).toEqual([{ name: 'one.test.mjs > c', reason: 'no disk' }]);
  }
});
