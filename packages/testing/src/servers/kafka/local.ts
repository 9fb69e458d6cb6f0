import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loopbackPort } from '../loopback-port.ts';
import { ServerProcess } from '../server-process.ts';
import { kafkaLibraries } from './libraries.ts';
import type { KafkaOptions, OwnKafka } from './server.ts';

const PROPERTIES = new URL('server.properties', import.meta.url);
/** 16 bytes in base64url; one node needs no other. */
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qk';
const FORMAT_MS = 60_000;
/** Its last line when it starts; before that, it may take connections and know no leaders. */
const READY = 'Kafka Server started';
/** Somebody may take a port between the look at it and its use. */
const ATTEMPTS = 3;

/** Ends the server once this process, which holds the other end of standard input, is gone; and removes its folder. */
const WATCHER = 'read -r _; kill -9 "$0"; [ -z "$1" ] || rm -rf "$1"';

/** Apache Kafka in Java on this machine: one KRaft node on loopback. */
export async function startLocalKafka(options: KafkaOptions): Promise<OwnKafka> {
  const libraries = await kafkaLibraries();
  let port = options.port ?? 0;
  const server = new ServerProcess({
    name: 'Kafka',
    directory: options.directory,
    spawn: (folder, isTemporary) => launch(libraries, folder, isTemporary),
    isReady: (said) => said.includes(READY),
  });
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (options.port === undefined) port = await loopbackPort();
      await configure(libraries, server.folder, port);
      await server.start();
      break;
    } catch (error) {
      if (options.port === undefined && attempt < ATTEMPTS && String(error).includes('already in use')) continue;
      await server.stop();
      throw error;
    }
  }
  return {
    brokers: [`127.0.0.1:${port}`],
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    start: () => server.start(),
    stop: () => server.stop(),
  };
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
  await promisify(execFile)('java', ['-XX:TieredStopAtLevel=1', ...tool], { timeout: FORMAT_MS });
}

function launch(libraries: string, folder: string, isTemporary: boolean): ChildProcess {
  const java = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError'];
  const logging = [
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
  ];
  const program = ['-cp', join(libraries, '*'), 'kafka.Kafka', join(folder, 'server.properties')];
  const child = spawn('java', [...java, ...logging, ...program], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const watcher = spawn('sh', ['-c', WATCHER, String(child.pid), isTemporary ? folder : ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Killed rather than let go: it would take the process with that id for the server.
  child.once('exit', () => watcher.kill('SIGKILL'));
  child.once('error', () => watcher.kill('SIGKILL'));
  return child;
}
