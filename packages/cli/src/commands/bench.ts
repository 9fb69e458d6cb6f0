import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { CommandFailedError } from '../errors.ts';

const program = fileURLToPath(new URL('../../../../bench/run.ts', import.meta.url));

/** `tenure bench`: what `npm run bench` does in a clone. */
export function benchCommand(exit: (code: number) => void): Command {
  return new Command('bench')
    .description('Measure what is promised about speed; bench/README.md says what and how')
    .argument('[options...]', 'those of npm run bench')
    .helpOption(false)
    .allowUnknownOption()
    .action(async (options: string[]) => {
      if (!existsSync(program)) throw new CommandFailedError('The measurements come with a clone of the project.');
      const [code] = await once(spawn(process.execPath, [program, ...options], { stdio: 'inherit' }), 'exit');
      exit(typeof code === 'number' ? code : 1);
    });
}
