import type { z } from 'zod';
import { type BaseConfig, baseConfig } from '../base-config.ts';
import type { ApiInfo } from '../http/openapi.ts';
import type { Service } from '../service.ts';
import { type RunUntilSignalOptions, runUntilSignal } from './run-until-signal.ts';
import { startProcess } from './start-process.ts';

export interface RunOptions<C extends BaseConfig = BaseConfig>
  extends Pick<RunUntilSignalOptions<C>, 'name' | 'env' | 'onReady'> {
  /** Absent: `baseConfig`. */
  readonly config?: z.ZodObject & z.ZodType<C>;
  readonly services: readonly Service[] | ((config: C) => readonly Service[]);
  readonly info: ApiInfo;
}

/** Runs services in this process until a signal ends it. */
export function runProcess<C extends BaseConfig = BaseConfig>({
  services,
  info,
  ...options
}: RunOptions<C>): Promise<void> {
  return runUntilSignal<C>({
    ...options,
    config: (options.config ?? baseConfig) as z.ZodObject & z.ZodType<C>,
    start: (config, log) => {
      const own = typeof services === 'function' ? services(config) : services;
      return startProcess({ name: options.name, services: own, config, info, log });
    },
  });
}
