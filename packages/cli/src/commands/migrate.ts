import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type MigrationReport, type MigrationSource, type MigrationTarget, migrateLog } from '@tenure/event-store';
import {
  assertIdKeyOfLog,
  createIds,
  type EventStoreDBAccess,
  enginesOf,
  eventStoreDBAccess,
  type Ids,
  idKeyFile,
  loadConfig,
  openIdKey,
} from '@tenure/runtime';
import { standaloneConfig } from '@tenure/standalone';
import { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { type Io, say, sayJson } from '../io.ts';
import { type Progress, progressStyle } from '../terminal/progress.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly views?: string;
  readonly showIdKey?: true;
  readonly json?: true;
}

/** A migration between a directory and a server. */
interface Way {
  readonly direction: 'to-server' | 'to-directory';
  readonly directory: string;
  /** A connection string of EventStoreDB. */
  readonly url: string;
}

/** `tenure migrate`: a log from SQLite to EventStoreDB, or back. */
export function migrateCommand(io: Io): Command {
  return new Command('migrate')
    .description('Move a log, with its keys, from SQLite to EventStoreDB or back; no service may be using either')
    .requiredOption('--from <log>', 'sqlite:DIRECTORY or esdb://...')
    .requiredOption('--to <log>', 'the other of them: empty, or what an earlier run left')
    .option('--views <url>', 'mongodb://... of EventStoreDB: its views, keys and index; else TENURE_READ_STORE')
    .option('--show-id-key', 'print the secret that TENURE_ID_KEY has to be')
    .option('--json', 'the outcome as JSON')
    .addHelpText(
      'after',
      '\nCut off at any point, the same command goes on where it stood. It changes nothing in --from.',
    )
    .action(async (options: Options) => {
      const way = wayOf(options, io);
      const report = await migrate(way, options, io);
      if (options.json) return sayJson(io, { ...report, ...idKeyOf(way, options, io) });
      for (const line of describe(way, report, options, io)) say(io, line);
    });
}

/** @throws {UsageError} */
function wayOf({ from, to }: Options, io: Io): Way {
  const [source, target] = [directoryOf(from, io), directoryOf(to, io)];
  if (source !== undefined && isServer(to)) return { direction: 'to-server', directory: source, url: to };
  if (target !== undefined && isServer(from)) return { direction: 'to-directory', directory: target, url: from };
  throw new UsageError('One of --from and --to must be sqlite:DIRECTORY, the other an esdb:// connection string');
}

/** Undefined for what is not on SQLite. */
function directoryOf(log: string, { env }: Io): string | undefined {
  const [, directory] = /^sqlite:(.*)$/.exec(log) ?? [];
  return directory === '' ? loadConfig(standaloneConfig, env).TENURE_DATA : directory;
}

function isServer(log: string): boolean {
  return /^esdb(\+discover)?:\/\/[^/]/.test(log);
}

async function migrate(way: Way, { views }: Options, io: Io): Promise<MigrationReport> {
  await using opened = new AsyncDisposableStack();
  const closedLater = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.defer(() => one.close());
    return one;
  };
  const progress = opened.use(phases(io));
  // The source first: what is wrong with it is told before anything is made.
  const source = closedLater(await openSource(way, views, io));
  if (way.direction === 'to-directory') await assertIdKeyOfLog(source, idsOf(way, io));
  // A directory remembers which key its ids were made with.
  openIdKey(way.directory, givenIdKey(io));
  const target = closedLater(await openTarget(way, views, io));
  return await migrateLog({ source, target, onProgress: progress.show });
}

async function openSource(way: Way, views: string | undefined, io: Io): Promise<MigrationSource> {
  if (way.direction === 'to-directory') {
    const { openEventStoreDBMigrationSource } = await import('@tenure/event-store/eventstoredb');
    return openEventStoreDBMigrationSource(accessOf(way, views, io));
  }
  const { openSqliteMigrationSource } = await import('@tenure/event-store/sqlite');
  const source = await openSqliteMigrationSource(way);
  try {
    accessOf(way, views, io);
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openTarget(way: Way, views: string | undefined, io: Io): Promise<MigrationTarget> {
  if (way.direction === 'to-server') {
    const { openEventStoreDBMigrationTarget } = await import('@tenure/event-store/eventstoredb');
    return openEventStoreDBMigrationTarget(accessOf(way, views, io));
  }
  const { openSqliteMigrationTarget } = await import('@tenure/event-store/sqlite');
  return openSqliteMigrationTarget(way);
}

/** What services on the server are told, and where they find the log by that. @throws {ConfigError} */
function accessOf(way: Way, views: string | undefined, io: Io): EventStoreDBAccess {
  const config = loadConfig(standaloneConfig, {
    TENURE_EVENT_STORE: way.url,
    TENURE_READ_STORE: views ?? io.env.TENURE_READ_STORE,
    TENURE_KEY_STORE: io.env.TENURE_KEY_STORE,
    TENURE_ID_KEY: givenIdKey(io) ?? idKeyInFile(way),
  });
  return eventStoreDBAccess(enginesOf(config));
}

function givenIdKey({ env }: Io): string | undefined {
  return env.TENURE_ID_KEY === '' ? undefined : env.TENURE_ID_KEY;
}

function idKeyInFile({ directory }: Way): string | undefined {
  const file = idKeyFile(directory);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

function idsOf(way: Way, io: Io): Ids {
  return createIds(Buffer.from(givenIdKey(io) ?? idKeyInFile(way) ?? '', 'hex'));
}

/** What the services have to be told as TENURE_ID_KEY: the file that has it, or the key itself if it is asked for. */
function idKeyOf({ directory }: Way, { showIdKey }: Options, io: Io): { idKeyFile?: string; idKey?: string } {
  const given = givenIdKey(io);
  return {
    ...(given === undefined ? { idKeyFile: resolve(idKeyFile(directory)) } : {}),
    ...(showIdKey ? { idKey: openIdKey(directory, given).toString('hex') } : {}),
  };
}

function describe(way: Way, report: MigrationReport, options: Options, io: Io): string[] {
  const { identity, events, copied, keys } = report;
  const { idKeyFile: file, idKey } = idKeyOf(way, options, io);
  const source = file === undefined ? 'as it is set here' : `the content of ${file}`;
  const known = idKey === undefined ? source : idKey;
  const counts = `${events} events (${copied} of them new) and ${keys.keys} keys (${keys.destroyed} of them destroyed)`;
  const log = `log ${identity.logId}, epoch ${identity.epoch}`;
  if (way.direction === 'to-server') {
    return [
      `EventStoreDB holds what ${way.directory} does: ${counts}, all of them compared; ${log}.`,
      'Give all services there:',
      `  TENURE_ID_KEY: ${known}`,
      '  TENURE_EVENT_STORE: what --to names',
      `  TENURE_READ_STORE: what ${options.views === undefined ? 'it is here' : '--views names'}`,
      `Let no service write to ${way.directory} from now on.`,
    ];
  }
  return [
    `${way.directory} holds what EventStoreDB does: ${counts}, all of them compared; ${log}.`,
    `Start with TENURE_DATA=${way.directory}${file === undefined ? `, and with TENURE_ID_KEY: ${known}` : ''}.`,
    'Let no service write to EventStoreDB from now on.',
  ];
}

const labels = { resuming: 'Looking', copying: 'Copying', checking: 'Checking' } as const;

/** A line of progress for each phase. */
function phases(io: Io): Disposable & { show(phase: keyof typeof labels, done: number, total: number): void } {
  const style = progressStyle(io.stderr);
  let current: { readonly phase: string; readonly progress: Progress } | undefined;
  const stop = (): void => current?.progress.stop();
  return {
    show: (phase, done, total) => {
      if (current?.phase !== phase) {
        stop();
        current = { phase, progress: style({ label: labels[phase], total, unit: 'events' }) };
      }
      current.progress.update(done);
    },
    [Symbol.dispose]: stop,
  };
}
