import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { createLog, createManualClock, loadConfig, startProcess } from '@tenure/runtime';
import { info, standaloneConfig } from '@tenure/standalone';
import { simulate } from '@tenure/testing';
import { Command, InvalidArgumentError } from 'commander';
import { play } from '../demo/play.ts';
import { createPublisher } from '../demo/publisher.ts';
import { reportLines } from '../demo/report.ts';
import { type Io, say } from '../io.ts';
import { createClient } from '../server/client.ts';

const dayMs = 86_400_000;
const tickMs = 200;
// Where the machine is slow the business is, too: it makes up for nothing.
const longestTickMs = 1000;
const reportMs = 4000;

interface Options {
  readonly seed: number;
  readonly customers: number;
  readonly speed: number;
  readonly days: number;
}

/** `tenure demo`: a throw-away store, and a simulated business that lives in it faster than in the world. */
export function demoCommand(io: Io): Command {
  return new Command('demo')
    .description('Serve a throw-away store in which a simulated business lives, faster than in the world, until Ctrl-C')
    .option('--seed <n>', 'the same seed is the same story', whole, 1)
    .option('--customers <n>', 'how many will come', whole, 1500)
    .option('--speed <days>', 'how many days of the business go by in a second, at most', whole, 3)
    .option('--days <n>', 'how many days it lives; it ends today', whole, 730)
    .action((options: Options) => runDemo(io, options));
}

async function runDemo(io: Io, { seed, customers, speed, days }: Options): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-demo-'));
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  try {
    const start = Math.floor(Date.now() / dayMs) * dayMs - days * dayMs;
    const clock = createManualClock(start);
    const config = loadConfig(standaloneConfig, {
      ...io.env,
      TENURE_DATA: directory,
      TENURE_KEYS: '',
      TENURE_HOST: '',
    });
    const log = createLog({ level: io.env.TENURE_LOG_LEVEL || 'warn', service: 'demo', destination: io.stderr });
    const services = config.TENURE_SERVICES;
    const running = await startProcess({ name: 'standalone', services, config, info, log, clock: clock.description });
    const client = createClient({ url: running.url, apiKey: undefined });
    const publisher = createPublisher(client);
    say(io, `Tenure answers at ${running.url}, from a store that is thrown away at the end. Ctrl-C ends it.`);
    say(io, `What there is to ask: ${running.url}/docs`);
    say(io, `A business of ${customers} customers lives in it from ${new Date(start).toISOString().slice(0, 10)} on:`);
    try {
      let reportAt = performance.now() + reportMs;
      let passedAt = performance.now();
      const tick = async (): Promise<number> => {
        // Cut short by Ctrl-C, after which it is looked at.
        await pass(tickMs, undefined, { signal: stop.signal }).catch(() => undefined);
        if (performance.now() >= reportAt && !stop.signal.aborted) {
          for (const line of await reportLines(client, publisher, clock.now())) say(io, line);
          reportAt = performance.now() + reportMs;
        }
        const passedMs = Math.min(performance.now() - passedAt, longestTickMs);
        passedAt = performance.now();
        return (passedMs / 1000) * speed * dayMs;
      };
      const facts = simulate({ seed, start, customers, days });
      await play({ facts, publisher, start, setClock: clock.set, tick, signal: stop.signal });
      if (!stop.signal.aborted) say(io, 'Its time is over; the service goes on answering. Ctrl-C ends it.');
      await untilAborted(stop.signal);
    } finally {
      await running.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

function whole(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 999999.');
}
