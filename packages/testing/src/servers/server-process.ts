import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What kind of server it is. */
export interface ServerProgram {
  readonly name: string;
  /** Where it keeps its data; a temporary folder, removed by `stop`, unless given. */
  readonly directory: string | undefined;
  /** Starts the process, which ends, and removes the folder if told to, once this one is gone. */
  spawn(folder: string, isTemporary: boolean): ChildProcess;
  /** Whether it serves, by what it has said so far or by asking it. */
  isReady(said: string): boolean | Promise<boolean>;
}

const START_MS = 60_000;
const STOP_MS = 15_000;
const POLL_MS = 40;
/** So much of what it says is kept, for whoever has to find out why it ended. */
const SAID_CHARACTERS = 8_000;

const alive = new Set<ChildProcess>();
const folders = new Set<string>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
}

/** A server of this machine in a process of its own, which can be killed and started again on the same data. */
export class ServerProcess {
  readonly folder: string;
  readonly #program: ServerProgram;
  #running: Running | undefined;

  constructor(program: ServerProgram) {
    this.#program = program;
    const { name, directory } = program;
    this.folder = directory ?? mkdtempSync(join(tmpdir(), `tenure-${name.toLowerCase()}-`));
    if (directory === undefined) folders.add(this.folder);
    mkdirSync(this.folder, { recursive: true });
  }

  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  /** Resolves when it serves. @throws {Error} with the end of what it said, when it ends before that or takes too long */
  async start(): Promise<void> {
    const { name, directory, spawn, isReady } = this.#program;
    if (this.#running !== undefined) throw new Error(`${name} runs already`);
    const child = spawn(this.folder, directory === undefined);
    alive.add(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-SAID_CHARACTERS);
      });
    }
    let ended: string | undefined;
    const exited = once(child, 'exit')
      .then(([code, signal]: (number | string | null)[]) => {
        ended = `ended with ${code ?? signal}`;
      })
      .catch((error: unknown) => {
        ended = `could not be started: ${error}`;
      })
      .finally(() => alive.delete(child));
    this.#running = { child, exited };
    const deadline = performance.now() + START_MS;
    while (!(await isReady(said))) {
      if (performance.now() > deadline) ended = `was not ready in ${START_MS} ms`;
      if (ended !== undefined) {
        await this.kill();
        throw new Error(`${name} ${ended}: ${said}`);
      }
      await delay(POLL_MS);
    }
  }

  /** Ends it as a crash does; resolves when it is gone. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Ends it and removes what it made. May be called again. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    if (this.#program.directory === undefined) rmSync(this.folder, { recursive: true, force: true });
    folders.delete(this.folder);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#running === undefined) return;
    const { child, exited } = this.#running;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(timer);
    this.#running = undefined;
  }
}
