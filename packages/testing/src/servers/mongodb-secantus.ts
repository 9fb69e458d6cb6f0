import { spawn } from 'node:child_process';
import { loopbackPort } from './loopback-port.ts';
import { takesWrites } from './mongodb-hello.ts';
import type { MongoDBOptions, OwnServer } from './mongodb-server.ts';
import { pythonPackage } from './python-package.ts';
import { ServerProcess } from './server-process.ts';

const PACKAGE = { name: 'SecantusDB', version: '0.7.0b3' };

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

/**
 * SecantusDB from PyPI: MongoDB's protocol on WiredTiger, as a replica set of one node. Slow, being Python.
 */
export async function startSecantus(options: MongoDBOptions): Promise<OwnServer> {
  const python = await pythonPackage(PACKAGE);
  const port = options.port ?? (await loopbackPort());
  const server = new ServerProcess({
    name: 'SecantusDB',
    directory: options.directory,
    spawn: (folder, isTemporary) => {
      // Without --sync-on-commit a transaction's commit stays in the server's memory for a while, whatever its write
      // concern says, and is lost with it.
      const args = ['--host', '127.0.0.1', '--port', String(port), '--storage-path', folder, '--sync-on-commit'];
      return spawn(python, ['-c', LAUNCHER, ...args, '--log-level', 'WARNING'], {
        // It reads settings from the working directory and from home.
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: folder, ...(isTemporary ? { REMOVE: folder } : {}) },
        stdio: ['pipe', 'ignore', 'pipe'],
      });
    },
    isReady: () => takesWrites('127.0.0.1', port),
  });
  try {
    await server.start();
  } catch (reason) {
    await server.stop();
    throw reason;
  }
  return {
    url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    start: () => server.start(),
    stop: () => server.stop(),
  };
}
