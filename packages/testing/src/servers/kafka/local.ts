import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loopbackPort } from '../loopback-port.ts';
import { kafkaLibraries } from './libraries.ts';
import type { KafkaOptions, OwnKafka } from './server.ts';

const PROPERTIES = new URL('server.properties', import.meta.url);
/** 16 bytes in base64url: any will do, for one node. */
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qk';
const START_MS = 60_000;
const STOP_MS = 15_000;
/** Its last line when it starts; before that, it may take connections and know no leaders. */
const READY = 'Kafka Server started';
/** Somebody may take a port between the look at it and its use. */
const ATTEMPTS = 3;

/** Ends the server once this process, which holds the other end of standard input, is gone; and removes its folder. */
const WATCHER = 'read -r _; kill -9 "$0"; [ -z "$1" ] || rm -rf "$1"';

const alive = new Set<ChildProcess>();
const folders = new Set<string>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
}

/** Apache Kafka in Java on this machine: one KRaft node on loopback. */
export async function startLocalKafka(options: KafkaOptions): Promise<OwnKafka> {
  const libraries = await kafkaLibraries();
  const temporary = options.directory === undefined;
  const folder = options.directory ?? mkdtempSync(join(tmpdir(), 'tenure-kafka-'));
  if (temporary) folders.add(folder);
  mkdirSync(folder, { recursive: true });
  let port = options.port ?? 0;
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
  const server: OwnKafka = {
    get brokers() {
      return [`127.0.0.1:${port}`];
    },
    get pid() {
      return running?.child.pid;
    },
    kill: () => end('SIGKILL'),
    async start() {
      if (running !== undefined) throw new Error('the Kafka server runs already');
      running = await launch(libraries, folder, temporary);
    },
    async stop() {
      await end('SIGTERM');
      if (temporary) rmSync(folder, { recursive: true, force: true });
      folders.delete(folder);
    },
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (options.port === undefined) port = await loopbackPort();
      await configure(libraries, folder, port);
      await server.start();
      return server;
    } catch (error) {
      if (options.port === undefined && attempt < ATTEMPTS && String(error).includes('already in use')) continue;
      await server.stop();
      throw error;
    }
  }
}

async function configure(libraries: string, folder: string, port: number): Promise<void> {
  const file = join(folder, 'server.properties');
  const logs = join(folder, 'logs');
  const controller = await loopbackPort();
  const own = [
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    `log.dirs=${logs}`,
  ];
  writeFileSync(file, `${readFileSync(PROPERTIES, 'utf8')}${own.join('\n')}\n`);
  if (existsSync(join(logs, 'meta.properties'))) return;
  const tool = ['-cp', join(libraries, '*'), 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file];
  await promisify(execFile)('java', ['-XX:TieredStopAtLevel=1', ...tool], { timeout: START_MS });
}

async function launch(libraries: string, folder: string, temporary: boolean): Promise<Running> {
  const java = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError'];
  const logging = [
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
  ];
  const program = ['-cp', join(libraries, '*'), 'kafka.Kafka', join(folder, 'server.properties')];
  const child = spawn('java', [...java, ...logging, ...program], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  alive.add(child);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`ended with ${code ?? signal}`));
  }).finally(() => alive.delete(child));
  const watcher = spawn('sh', ['-c', WATCHER, String(child.pid), temporary ? folder : ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Killed rather than let go: it would take the process with that id for the server.
  void exited.then(() => watcher.kill('SIGKILL'));

  let said = '';
  const { promise: ready, resolve: isReady } = Promise.withResolvers<undefined>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-8_000);
      if (said.includes(READY)) isReady(undefined);
    });
  }
  const { promise: late, resolve: isLate } = Promise.withResolvers<string>();
  const timer = setTimeout(() => isLate(`was not ready in ${START_MS} ms`), START_MS);
  const failure = await Promise.race([ready, exited, late]);
  clearTimeout(timer);
  if (failure !== undefined) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) await once(child, 'exit');
    throw new Error(`Kafka ${failure}: ${said}`);
  }
  return { child, exited };
}
