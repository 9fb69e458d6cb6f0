import { Writable } from 'node:stream';
import { createLog, loadConfig, type Stoppable } from '@tenure/runtime';
import { onTestFinished } from 'vitest';
import { gatewayConfig } from '../config.ts';
import { startGateway } from '../start-gateway.ts';

/** A gateway that ends with the test; it asks services often, so that no test waits long. */
export async function gateway(
  upstreams: Readonly<Record<string, { readonly origin: string }>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Stoppable & { readonly logged: readonly string[] }> {
  const logged: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk));
      done();
    },
  });
  const named = Object.entries(upstreams).map(([name, { origin }]) => `${name}=${origin}`);
  const config = loadConfig(gatewayConfig, { TENURE_PORT: '0', TENURE_UPSTREAMS: named.join(','), ...env });
  const log = createLog({ level: 'debug', service: 'gateway', destination });
  const running = await startGateway({ config, log, learnMs: { there: 20, away: 20 } });
  onTestFinished(() => running.stop().then(() => undefined));
  return { ...running, logged };
}
