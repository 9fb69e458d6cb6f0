import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ServiceProcessOptions {
  /** Whose `main.ts`. */
  readonly service: string;
  /** All variables that it gets, beside PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** The file that its log is appended to. */
  readonly logFile: string;
}

const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** A service in a process of its own, which can be killed and started again on the same port. */
export class ServiceProcess {
  readonly #options: ServiceProcessOptions;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;

  constructor(options: ServiceProcessOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves with its URL once it answers. @throws {Error} with what it said, when it ends before */
  async start(): Promise<string> {
    const { service, env } = this.#options;
    const main = fileURLToPath(new URL(`../../../../services/${service}/src/main.ts`, import.meta.url));
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    alive.add(child);
    child.once('exit', () => alive.delete(child));
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#note(text));
    const { promise: url, resolve, reject } = Promise.withResolvers<string>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#note(`${line}\n`);
      const at = readyAt(line);
      if (at !== undefined) resolve(at);
    });
    child.once('exit', (code) =>
      reject(new Error(`${service} ended with ${code}; its log is ${this.#options.logFile}`)),
    );
    return url;
  }

  /** SIGTERM, and SIGKILL if it takes longer than its grace; resolves when it is gone. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    this.#log.end();
  }

  /** As a crash; resolves when it is gone. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const impatience = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await exited;
    clearTimeout(impatience);
  }

  #note(text: string): void {
    if (!this.#log.writableEnded) this.#log.write(text);
  }
}

const patienceMs = 15_000;

/** The URL in a line of the log that says it is ready. */
function readyAt(line: string): string | undefined {
  try {
    const { msg, at } = JSON.parse(line) as { readonly msg?: unknown; readonly at?: unknown };
    return msg === 'ready' && typeof at === 'string' ? at : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
