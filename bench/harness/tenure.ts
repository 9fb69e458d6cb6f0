import { readdirSync, readFileSync } from 'node:fs';
import { type Child, type ChildOptions, startChild } from './child.ts';
import { openHead } from './head.ts';
import { afterPurchases, theDayAfter } from './purchases.ts';

const program = new URL('../../services/standalone/src/main.ts', import.meta.url);

/** All of Tenure as a process of its own. */
export interface Tenure {
  readonly url: string;
  readonly directory: string;
  /** From the start of the process to the line that says it is ready, ms. */
  readonly startedInMs: number;
  /** Resolves once all that was sent is in the views, with every derived event. @returns when that was (performance.now) */
  settled(): Promise<number>;
  /** Resolves once the views have a position. @throws {Error} after five minutes */
  reached(position: string): Promise<void>;
  /** A figure of `/metrics`. */
  metric(name: string): Promise<number>;
  /** The most memory that it has had, in MiB; undefined where the system does not tell. */
  peakMebibytes(): number | undefined;
  stop(): Promise<void>;
}

export interface TenureOptions {
  readonly directory: string;
  /** Folder for CPU profiles, one a thread; none without. */
  readonly profile?: string | undefined;
  /** RFC 3339; a day after what is in the store unless given. */
  readonly clock?: string;
}

const idKey = '0123456789abcdef'.repeat(4);
/** For how long the log must not grow for everything to be recorded; what follows on an event does so in less. */
const QUIET_MS = 1_000;
const PATIENCE_MS = 300_000;

/** How a program that opens a store is run. */
export function programOptions({ directory, profile, clock = clockFor(directory) }: TenureOptions): ChildOptions {
  return {
    nodeArgs: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
    env: { TENURE_PORT: '0', TENURE_DATA: directory, TENURE_CLOCK: clock, TENURE_ID_KEY: idKey },
  };
}

/** A log's clock never goes back: where something was taken, it is the next day. */
function clockFor(directory: string): string {
  return readdirSync(directory).length === 0 ? afterPurchases : theDayAfter;
}

export async function startTenure(options: TenureOptions): Promise<Tenure> {
  const begun = performance.now();
  const child = startChild(program, programOptions(options));
  const url = await untilReady(child);
  const startedInMs = performance.now() - begun;
  const head = openHead(options.directory);

  const reached = async (position: string): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      // An unknown customer answers 404, once the views have the position.
      const headers = { 'tenure-min-position': position };
      const { status } = await fetch(`${url}/v1/customers/${'0'.repeat(32)}`, { headers });
      if (status !== 504) return;
      if (performance.now() > deadline) throw new Error('the views do not reach the end of the log');
    }
  };

  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`there is no metric ${name}`);
    return Number(value);
  };

  return {
    url,
    directory: options.directory,
    startedInMs,
    reached,
    async settled() {
      for (;;) {
        const position = await head.position();
        if (position !== null) await reached(position);
        const at = performance.now();
        // What is still to be recorded moves the log on, though it may take its time.
        if (!(await head.movesFrom(position, QUIET_MS)) && (await metric('tenure_recording_lag_seconds')) === 0)
          return at;
      }
    },
    metric,
    peakMebibytes: () => peakMebibytes(child.pid),
    async stop() {
      await head.close();
      const code = await child.end('SIGTERM');
      if (code !== 0) throw new Error(`Tenure ended with ${code}`);
    },
  };
}

async function untilReady(child: Child): Promise<string> {
  for (;;) {
    const { value, done } = await child.lines.next();
    if (done === true) throw new Error(`Tenure ended with ${await child.end()} before it was ready`);
    const { msg, at } = JSON.parse(value) as { readonly msg?: string; readonly at?: string };
    if (msg !== 'ready' || at === undefined) continue;
    void drain(child);
    return at;
  }
}

/** What it logs from now on are failures: they are shown, and a full pipe must not hold it up. */
async function drain(child: Child): Promise<void> {
  for await (const text of child.lines) if (!text.includes('"level":30')) console.error(text);
}

function peakMebibytes(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
}
