import type { BaseConfig } from '../base-config.ts';
import { ConfigError } from '../config.ts';
import { isLoopback } from '../http/access.ts';

/** Without keys everyone may do everything, so only this machine may be everyone. @throws {ConfigError} */
export function checkAddress({ TENURE_HOST, TENURE_KEYS }: BaseConfig): void {
  if (TENURE_KEYS !== undefined || isLoopback(TENURE_HOST)) return;
  throw new ConfigError([
    `TENURE_HOST: without TENURE_KEYS only loopback is listened on (127.0.0.1, ::1 or localhost), not ${TENURE_HOST}`,
  ]);
}
