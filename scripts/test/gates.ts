import { join } from 'node:path';
import { checkBoundaries } from '../boundaries/check.ts';
import { runNode } from './run-node.ts';

/** Something that holds for the whole workspace or doesn't. It prints what is wrong. */
export interface Gate {
  readonly name: string;
  readonly check: (root: string) => Promise<boolean>;
}

/** A gate that is a tool: it holds when each of the runs, named by their arguments, exits with 0. */
function tool(name: string, script: string, ...runs: readonly (readonly string[])[]): Gate {
  return {
    name,
    check: async (root) => {
      const program = join(root, 'node_modules', script);
      let holds = true;
      for (const args of runs) holds = (await runNode(root, program, args)) === 0 && holds;
      return holds;
    },
  };
}

/** Biome colours each character on its own, where nobody sees it, too. */
const colors = process.stdout.isTTY ? [] : ['--colors=off'];

/** In the order in which they run. */
export const gates: readonly Gate[] = [
  tool('types', 'typescript/bin/tsc', ['--build']),
  tool('style', '@biomejs/biome/bin/biome', ['ci', '--error-on-warnings', '--max-diagnostics=50', ...colors]),
  {
    name: 'boundaries',
    check: async (root) => {
      const { modules, faults } = await checkBoundaries(root);
      console.log(`${modules} modules, ${faults.length} faults`);
      for (const fault of faults) console.log(`  ${fault}`);
      return faults.length === 0;
    },
  },
  tool(
    'unused',
    'knip/bin/knip.js',
    ['--no-progress', '--no-config-hints'],
    // A package's entry is read here, too: what no other package uses is no part of its door.
    ['--no-progress', '--no-config-hints', '--include', 'exports', '--include-entry-exports'],
  ),
];
