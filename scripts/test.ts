// `npm test`: every gate and every test, in order, going on after a failure so that all faults are seen at once. With
// arguments only the tests they name (`npm test -- packages/domain -t I21`). The last line is the counts.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonEnv } from './python-env.ts';
import { gates } from './test/gates.ts';
import { failed, listFailed, listSkipped, PASSED, sum, summaryLine, type Tally, withoutSkips } from './test/tally.ts';
import { runVitest } from './test/vitest.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const filter = process.argv.slice(2);
const everythingHasToRun = ['true', '1'].includes(process.env.CI ?? '') || process.env.TENURE_CI === '1';

const data = process.env.TENURE_TEST_DATA;
if (data !== undefined) {
  // Tests and what they start may run in other folders.
  process.env.TENURE_TEST_DATA = resolve(root, data);
  if (!existsSync(process.env.TENURE_TEST_DATA)) {
    console.error(`TENURE_TEST_DATA names a folder that does not exist: ${process.env.TENURE_TEST_DATA}`);
  }
}

if (process.env.TENURE_TEST_FULL === '1') {
  try {
    process.env.TENURE_TEST_PYTHON = await pythonEnv(root);
  } catch (error) {
    console.error('Tests that need Python cannot run:', error);
  }
}

const tallies: Tally[] = [];

async function run(name: string, task: () => Promise<Tally>): Promise<void> {
  const start = performance.now();
  console.log(`\n== ${name}`);
  const tally = await task();
  tallies.push(tally);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`== ${name}: ${tally.failed.length > 0 ? 'FAILED' : 'ok'} (${seconds} s)`);
}

if (filter.length === 0) {
  for (const { name, check } of gates)
    await run(name, async () => ((await check(root)) ? PASSED : failed({ name, reason: 'see above' })));
}
await run('tests', () => runVitest(root, filter));

const all = sum(tallies);
if (all.skipped.length > 0) {
  const unset = ['TENURE_TEST_DATA', 'TENURE_TEST_FULL', 'TENURE_TEST_PYTHON'].filter(
    (name) => process.env[name] === undefined,
  );
  console.log(`\n${listSkipped(all.skipped, unset)}`);
  if (everythingHasToRun) console.log('In CI a skipped test is a failed one.');
}
const outcome = everythingHasToRun ? withoutSkips(all) : all;
if (outcome.failed.length > 0) console.log(`\n${listFailed(outcome.failed)}`);
console.log(`\n${summaryLine(outcome)}`);
process.exitCode = outcome.failed.length > 0 ? 1 : 0;
