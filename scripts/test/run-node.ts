import { spawn } from 'node:child_process';

/**
 * Runs a script under this Node, with this process's terminal. What it says on stderr goes to stdout, so that one log
 * has what failed beside what ran. A signal that ends this process ends it first.
 *
 * @returns its exit code; 1 when a signal ended it
 */
export function runNode(
  cwd: string,
  script: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['inherit', 'inherit', process.stdout],
    });
    const stop = (signal: NodeJS.Signals): void => {
      child.kill(signal);
      child.once('close', () => process.exit(1));
    };
    process.once('SIGINT', stop).once('SIGTERM', stop);
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve(code ?? 1);
    });
  });
}
