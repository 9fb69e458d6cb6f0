import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runNode } from './run-node.ts';
import { failed, sum, type Tally } from './tally.ts';

/** Runs the tests that the arguments name, all without any; answers what came of them. */
export async function runVitest(root: string, args: readonly string[]): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), 'tenure-test-'));
  const file = join(folder, 'tally.json');
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', cleanUp);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  try {
    const code = await runNode(root, vitest, ['run', ...args], { TENURE_TEST_TALLY: file });
    const tally = await readFile(file, 'utf8').then((text): Tally => JSON.parse(text));
    // Vitest may have a reason to fail that is none of its tests, as when no file matches.
    const unexplained = code !== 0 && tally.failed.length === 0;
    return unexplained ? sum([tally, failed({ name: 'vitest', reason: `exit code ${code}` })]) : tally;
  } catch (error) {
    console.error('The tests did not come to an end:', error);
    return failed({ name: 'vitest', reason: `no end: ${error}` });
  } finally {
    process.off('exit', cleanUp);
    cleanUp();
  }
}
