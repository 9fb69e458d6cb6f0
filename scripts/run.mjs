// Entered by `npm start`, `npm test`, `npm run bench` and `npm run tenure`, on any Node from 20 on and without any
// package: installs what is missing, then becomes the program under the workspace's own Node.
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { become } from './child.mjs';
import { ensureInstalled } from './install.mjs';

const OLDEST_NODE = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join('packages', 'cli', 'src', 'main.ts');

/** @type {Record<string, (args: string[]) => string[]>} */
const targets = {
  start: (args) =>
    args.includes('--demo') ? [cli, 'demo', ...args.filter((arg) => arg !== '--demo')] : [cli, 'serve', ...args],
  tenure: (args) => [cli, ...args],
  cluster: (args) => [cli, 'cluster', ...args],
  test: (args) => [join('scripts', 'test.ts'), ...args],
  bench: (args) => [join('bench', 'run.ts'), ...args],
};

const [name = '', ...args] = process.argv.slice(2);
const target = targets[name];
if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  console.error(`Node ${OLDEST_NODE} or later is needed; this is ${process.version}.`);
  process.exitCode = 1;
} else if (target === undefined) {
  console.error(`Usage: node scripts/run.mjs ${Object.keys(targets).join('|')} [arguments]`);
  process.exitCode = 2;
} else {
  try {
    const { node } = await ensureInstalled(root);
    // What the program starts by the name of node is this Node, too.
    const path = [join(root, 'node_modules', '.bin'), dirname(node), process.env.PATH].join(delimiter);
    const [script = '', ...rest] = target(args);
    become(node, [join(root, script), ...rest], { env: { ...process.env, PATH: path } });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
