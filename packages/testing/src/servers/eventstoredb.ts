import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EventStoreDBDoubleOptions, FailureControls } from '../eventstoredb/index.ts';
import type { Failure, FromServer, ToServer } from '../eventstoredb/protocol.ts';
import { loopbackPort } from './loopback-port.ts';

const MAIN = fileURLToPath(new URL('../eventstoredb/main.ts', import.meta.url));

export interface EventStoreDBOptions extends Omit<EventStoreDBDoubleOptions, 'directory' | 'clock'> {
  /** Kept when the server stops. Absent: a temporary one, removed by `stop`. */
  readonly directory?: string;
}

/** The double of EventStoreDB in a process of its own. */
export interface EventStoreDBServer {
  /** What the client connects to: `esdb://127.0.0.1:PORT?tls=false`, or `tls=true` when it has a certificate. */
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  /** Of the process that serves now. @throws {Error} while none does */
  readonly pid: number;
  readonly failures: FailureControls;
  /** As a crash (SIGKILL); resolves when the process is gone. */
  kill(): Promise<void>;
  /** Serves the same data on the same port again. */
  start(): Promise<void>;
  /** Ends the process and removes the directory, unless it was given. */
  stop(): Promise<void>;
}

/** Starts the double; resolves once it serves. It needs nothing but Node, and ends with the process that starts it. */
export async function startEventStoreDB(options: EventStoreDBOptions = {}): Promise<EventStoreDBServer> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'tenure-eventstoredb-'));
  const port = options.port ?? (await loopbackPort());
  const server = new ServerProcess({ ...options, directory, port });
  const removeOwn = (): void => {
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  };
  try {
    await server.start();
  } catch (error) {
    removeOwn();
    throw error;
  }
  return {
    url: `esdb://127.0.0.1:${port}?tls=${options.tls !== undefined}`,
    port,
    directory,
    get pid() {
      return server.pid;
    },
    failures: server.failures,
    kill: () => server.end('SIGKILL'),
    start: () => server.start(),
    stop: async () => {
      await server.end('SIGTERM');
      removeOwn();
    },
  };
}

class ServerProcess {
  readonly #options: EventStoreDBDoubleOptions;
  #child: ChildProcess | undefined;
  #lastId = 0;

  constructor(options: EventStoreDBDoubleOptions) {
    this.#options = options;
  }

  readonly failures: FailureControls = {
    dropAnswers: (...args) => this.#fail({ name: 'dropAnswers', args }),
    breakAppends: (...args) => this.#fail({ name: 'breakAppends', args }),
    breakReads: (...args) => this.#fail({ name: 'breakReads', args }),
    delayAnswers: (...args) => this.#fail({ name: 'delayAnswers', args }),
    refuse: (...args) => this.#fail({ name: 'refuse', args }),
    heal: (...args) => this.#fail({ name: 'heal', args }),
  };

  get pid(): number {
    return this.#serving().pid ?? Number.NaN;
  }

  /** @throws {Error} when it serves already, or cannot */
  async start(): Promise<void> {
    if (this.#child) throw new Error('the EventStoreDB double is running already');
    const child = fork(MAIN, [], { execArgv: ['--no-warnings'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    const serving = answerOf(child, ({ kind }) => kind === 'serving');
    say(child, { kind: 'start', options: this.#options });
    await serving;
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async #fail(failure: Failure): Promise<void> {
    const child = this.#serving();
    const id = ++this.#lastId;
    const done = answerOf(child, (message) => message.kind === 'done' && message.id === id);
    say(child, { kind: 'failure', id, failure });
    await done;
  }

  #serving(): ChildProcess {
    if (!this.#child) throw new Error('the EventStoreDB double is not running');
    return this.#child;
  }
}

function say(child: ChildProcess, message: ToServer): void {
  child.send(message);
}

/** Resolves with the message that is waited for; rejects when the process fails or ends first. */
function answerOf(child: ChildProcess, isIt: (message: FromServer) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (result: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      result();
    };
    const onMessage = (message: FromServer): void => {
      if (isIt(message)) settle(resolve);
      else if (message.kind === 'failed')
        settle(() => reject(new Error(`the EventStoreDB double failed: ${message.reason}`)));
    };
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void =>
      settle(() => reject(new Error(`the EventStoreDB double ended (${signal ?? code})`)));
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
