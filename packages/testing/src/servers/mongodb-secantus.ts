import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loopbackPort } from './loopback-port.ts';
import { takesWrites } from './mongodb-hello.ts';
import type { MongoDBOptions, OwnServer } from './mongodb-server.ts';
import { pythonPackage } from './python-package.ts';

const PACKAGE = { name: 'SecantusDB', version: '0.7.0b3' };
const START_MS = 60_000;
const STOP_MS = 10_000;
const POLL_MS = 40;

/**
 * Ends the server when its standard input ends, with the process that holds the other end of the pipe, and removes its
 * temporary folder.
 */
const LAUNCHER = `
import os, shutil, sys, threading

def watch():
    while os.read(0, 4096):
        pass
    if 'REMOVE' in os.environ:
        shutil.rmtree(os.environ['REMOVE'], ignore_errors=True)
    os._exit(1)

threading.Thread(target=watch, daemon=True).start()
from secantus.cli import main
sys.exit(main(sys.argv[1:]))
`;

const alive = new Set<ChildProcess>();
const folders = new Set<string>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  /** How it ended, if it did. */
  ended(): string | undefined;
  /** The end of what it wrote to standard error. */
  said(): string;
}

/**
 * SecantusDB from PyPI: MongoDB's protocol on WiredTiger, as a replica set of one node. Slow, being Python.
 */
export async function startSecantus(options: MongoDBOptions): Promise<OwnServer> {
  const python = await pythonPackage(PACKAGE);
  const temporary = options.directory === undefined;
  const folder = options.directory ?? mkdtempSync(join(tmpdir(), 'tenure-mongodb-'));
  if (temporary) folders.add(folder);
  mkdirSync(folder, { recursive: true });
  const port = options.port ?? (await loopbackPort());
  let running: Running | undefined;

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (running === undefined) return;
    const { child, exited } = running;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(timer);
    running = undefined;
  };
  const server: OwnServer = {
    url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    get pid() {
      return running?.child.pid;
    },
    kill: () => end('SIGKILL'),
    async start() {
      if (running !== undefined) throw new Error('the MongoDB server runs already');
      running = launch(python, folder, port, temporary);
      await ready(running, port);
    },
    async stop() {
      await end('SIGTERM');
      if (temporary) rmSync(folder, { recursive: true, force: true });
      folders.delete(folder);
    },
  };
  try {
    await server.start();
  } catch (reason) {
    await server.stop();
    throw reason;
  }
  return server;
}

function launch(python: string, folder: string, port: number, temporary: boolean): Running {
  // Without --sync-on-commit a transaction's commit stays in the server's memory for a while, whatever its write
  // concern says, and is lost with it.
  const args = ['--host', '127.0.0.1', '--port', String(port), '--storage-path', folder, '--sync-on-commit'];
  const child = spawn(python, ['-c', LAUNCHER, ...args, '--log-level', 'WARNING'], {
    // It reads settings from the working directory and from home.
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...(temporary ? { REMOVE: folder } : {}) },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  alive.add(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  let ended: string | undefined;
  const exited = once(child, 'exit').then(
    ([code, signal]: (number | string | null)[]) => {
      ended = `ended with ${code ?? signal}`;
    },
    (reason: unknown) => {
      ended = `could not be started: ${String(reason)}`;
    },
  );
  return {
    child,
    exited: exited.finally(() => alive.delete(child)),
    ended: () => ended,
    said: () => said,
  };
}

async function ready(server: Running, port: number): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (!(await takesWrites('127.0.0.1', port))) {
    const ended = server.ended();
    if (ended !== undefined) throw new Error(`SecantusDB ${ended} before it was ready: ${server.said()}`);
    if (performance.now() > deadline) throw new Error(`SecantusDB was not ready in ${START_MS} ms: ${server.said()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
