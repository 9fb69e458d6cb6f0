import {
  type ApiInfo,
  createLog,
  loadConfig,
  type ProcessOptions,
  type RunningProcess,
  startProcess,
} from '@tenure/runtime';
import { standaloneConfig } from './config.ts';

/** What the API document says about itself. */
export const info: ApiInfo = {
  title: 'Tenure',
  version: '0.1.0',
  description: "Each customer's whole life as one ordered, replayable history",
};

export interface StandaloneOptions extends Pick<ProcessOptions, 'clock' | 'checkAnswers' | 'rebuildViews'> {
  /** Variables as in the environment; nothing else is read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Starts all services (or those that TENURE_SERVICES names) in this process. @throws what `startProcess` throws */
export async function startStandalone({ env, ...options }: StandaloneOptions): Promise<RunningProcess> {
  const config = loadConfig(standaloneConfig, env);
  const log = createLog({ level: config.TENURE_LOG_LEVEL, service: 'standalone' });
  return startProcess({ name: 'standalone', services: config.TENURE_SERVICES, config, info, log, ...options });
}
