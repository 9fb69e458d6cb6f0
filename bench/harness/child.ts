import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program of ours in a process of its own, under this Node. */
export interface Child {
  readonly pid: number;
  /** The lines it writes, as they come; read them once. */
  readonly lines: AsyncIterableIterator<string>;
  /** Closes its input and, with a signal, sends that. Resolves with its exit code (null: ended by a signal). */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ChildOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
}

/** KafkaJS sets timers for what is past, which Node warns of. */
export const QUIET = '--disable-warning=TimeoutNegativeWarning';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function startChild(program: URL, { args = [], env = {}, nodeArgs = [] }: ChildOptions = {}): Child {
  const child = spawn(process.execPath, [...nodeArgs, program.pathname, ...args], {
    env: { ...withoutTenure(process.env), ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.add(child);
  const exited = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return {
    pid: child.pid ?? 0,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    end(signal) {
      child.stdin.end();
      if (signal !== undefined) child.kill(signal);
      return exited;
    },
  };
}

/** Runs a program that writes one line of JSON, its last. @throws {Error} when it fails */
export async function runChild<T>(program: URL, options: ChildOptions = {}): Promise<T> {
  const child = startChild(program, options);
  let last = '';
  for await (const line of child.lines) last = line;
  const code = await child.end();
  if (code !== 0) throw new Error(`${program.pathname} ended with ${code}`);
  return JSON.parse(last) as T;
}

/** What is measured is the product as it comes, whatever this machine is set to. */
function withoutTenure(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TENURE_')));
}
