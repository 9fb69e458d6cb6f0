import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ProcessOptions {
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whose `main.ts`; all services in one process unless given. */
  readonly service?: string;
}

/** A process of the product, on loopback and a free port. */
export interface RunningProcess {
  /** Resolves once it answers requests; rejects when it ends before. */
  readonly url: Promise<string>;
  /** Resolves with the first line of its log that has this message. */
  logged(message: string): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it is gone: the exit code, null after a signal that ended it. */
  readonly exited: Promise<number | null>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
}

const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export function startProcess({ directory, env = {}, service = 'standalone' }: ProcessOptions): RunningProcess {
  const main = fileURLToPath(new URL(`../../services/${service}/src/main.ts`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, TENURE_PORT: '0', TENURE_DATA: directory, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  const messages = new Set<string>();
  const waiting = new Map<string, () => void>();
  const { promise: url, resolve, reject } = Promise.withResolvers<string>();
  // Some are killed before they are ready.
  url.catch(() => undefined);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const entry = parse(line);
    if (entry?.msg === undefined) return;
    if (entry.msg === 'ready' && entry.at !== undefined) resolve(entry.at);
    messages.add(entry.msg);
    waiting.get(entry.msg)?.();
  });
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => {
    alive.delete(child);
    reject(new Error(`${service} ended with ${code}: ${said}`));
    return code ?? null;
  });
  return {
    url,
    logged: (message) =>
      messages.has(message) ? Promise.resolve() : new Promise((done) => void waiting.set(message, done)),
    signal: (signal) => void child.kill(signal),
    exited,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A line of the log; undefined for one that was cut off. */
function parse(line: string): { readonly msg?: string; readonly at?: string } | undefined {
  try {
    return JSON.parse(line) as { msg?: string; at?: string };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
