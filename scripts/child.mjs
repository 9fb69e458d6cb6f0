import { spawn } from 'node:child_process';

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/** A terminal's Ctrl-C arrives here twice, from the terminal and from npm; within this time it is one. */
const SAME_SIGNAL_MS = 1000;

/**
 * Runs a program in place of this one: it has this one's terminal, gets its signals, and this process ends as it ends,
 * with its exit code or by its signal.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 */
export function become(program, args, options = {}) {
  const child = spawn(program, args, { ...options, stdio: 'inherit' });
  /** @type {Map<string, number>} */
  const lastSent = new Map();

  for (const signal of FORWARDED) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - (lastSent.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_SIGNAL_MS) return;
      lastSent.set(signal, now);
      child.kill(signal);
    });
  }
  child.on('error', (error) => {
    console.error(`Cannot start ${program}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of FORWARDED) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}
