import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** Runs a command of `tenure` in a process of its own, with `--json`, and returns what it says. Rejects when it fails. */
export async function tenure(args: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--json'], {
    env: { PATH: process.env.PATH, ...env },
  });
  return JSON.parse(stdout);
}
