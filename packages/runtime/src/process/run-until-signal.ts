import type { z } from 'zod';
import type { BaseConfig } from '../base-config.ts';
import { loadConfig, showConfig } from '../config.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { stopTracing } from '../telemetry/otel.ts';

/** What runs until it is told to stop. */
export interface Stoppable {
  readonly url: string;
  /** @returns whether everything came to its end in time */
  stop(): Promise<boolean>;
}

export interface RunUntilSignalOptions<C extends BaseConfig> {
  /** Of the process; in logs and traces. */
  readonly name: string;
  readonly config: z.ZodObject & z.ZodType<C>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly start: (config: C, log: Log) => Promise<Stoppable>;
  /** Called once requests are answered. */
  readonly onReady?: (url: string) => void;
}

const EXIT_FAILED = 1;
const EXIT_CUT_OFF = 1;

/**
 * Starts something and runs it until a signal: SIGTERM and SIGINT end it gracefully, with exit code 0 if everything was
 * finished within the grace; a second signal ends the process at once. A start that fails says why and exits with 1.
 */
export async function runUntilSignal<C extends BaseConfig>(options: RunUntilSignalOptions<C>): Promise<void> {
  const { name, env, start, onReady } = options;
  try {
    const config = loadConfig(options.config, env) as C;
    const log = createLog({ level: config.TENURE_LOG_LEVEL, service: name });
    log.info({ config: showConfig(options.config, env) }, 'starting');
    const running = await start(config, log);
    log.info({ at: running.url }, 'ready');
    onReady?.(running.url);

    let signals = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      signals++;
      if (signals > 1) process.exit(EXIT_CUT_OFF);
      log.info({ signal }, 'shutting down');
      // Whatever hangs, the process is gone when its grace is over; what was answered is durable.
      setTimeout(() => process.exit(EXIT_CUT_OFF), config.TENURE_GRACE_MS).unref();
      void finish(running, log).then(
        (finished) => process.exit(finished ? 0 : EXIT_CUT_OFF),
        (error: unknown) => {
          log.fatal({ err: error }, 'shutdown failed');
          process.exit(EXIT_FAILED);
        },
      );
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? explain(error) : String(error)}\n`);
    process.exit(EXIT_FAILED);
  }
}

/** Spans are a help, no part of the work: a collector that is away does not make a shutdown fail. */
async function finish(running: Stoppable, log: Log): Promise<boolean> {
  const finished = await running.stop();
  await stopTracing().catch((error: unknown) => log.warn({ err: error }, 'the last spans could not be sent'));
  return finished;
}

/** Errors with a code say what to do; others are bugs, and their stack says where. */
function explain(error: Error): string {
  if ('code' in error && error.code === 'EADDRINUSE')
    return `The port is taken: ${error.message}. Set TENURE_PORT to another.`;
  return 'code' in error && typeof error.code === 'string' ? error.message : (error.stack ?? error.message);
}
