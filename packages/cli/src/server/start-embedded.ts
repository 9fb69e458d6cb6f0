import {
  createApiKey,
  createLog,
  loadConfig,
  type ProcessOptions,
  type RunningProcess,
  startProcess,
} from '@tenure/runtime';
import { info, standaloneConfig } from '@tenure/standalone';
import { CommandFailedError } from '../errors.ts';
import type { Io } from '../io.ts';

export interface EmbeddedOptions extends Pick<ProcessOptions, 'rebuildViews'> {
  /** What to do when another process has the store open. */
  readonly advice: string;
}

export interface Embedded {
  readonly running: RunningProcess;
  /** The only key that it takes. */
  readonly apiKey: string;
}

/**
 * Opens the store in `TENURE_DATA` for one command: it answers on a loopback port of its own.
 * @throws CommandFailedError when another process has the store open
 */
export async function startEmbedded({ env, stderr }: Io, { advice, ...options }: EmbeddedOptions): Promise<Embedded> {
  const { secret, hash } = createApiKey();
  const config = loadConfig(standaloneConfig, {
    ...env,
    TENURE_PORT: '0',
    TENURE_HOST: '127.0.0.1',
    TENURE_KEYS: JSON.stringify([{ id: 'cli', hash, scopes: ['*'] }]),
  });
  const log = createLog({ level: env.TENURE_LOG_LEVEL || 'error', service: 'cli', destination: stderr });
  try {
    const running = await startProcess({
      name: 'standalone',
      services: config.TENURE_SERVICES,
      config,
      info,
      log,
      ...options,
    });
    return { running, apiKey: secret };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'store-locked') throw error;
    throw new CommandFailedError(`${error.message}. ${advice}`, { cause: error });
  }
}
