import { loadConfig, runProcess } from '@tenure/runtime';
import { info, standaloneConfig } from '@tenure/standalone';
import { Command } from 'commander';
import { type Io, say } from '../io.ts';

/** `tenure serve`: all services in this process, until a signal. */
export function serveCommand(io: Io): Command {
  return new Command('serve')
    .description('Serve everything over the store in TENURE_DATA (./data) on TENURE_PORT (8080), until Ctrl-C')
    .action(async () => {
      // A person at a terminal wants to see what matters, everyone else gets the whole log.
      const env = { ...io.env, TENURE_LOG_LEVEL: io.env.TENURE_LOG_LEVEL || (io.stdout.isTTY ? 'warn' : 'info') };
      const config = loadConfig(standaloneConfig, env);
      const hasKeys = config.TENURE_KEYS !== undefined;
      const onReady = (url: string): void => {
        say(io, `Tenure answers at ${url}, from the store in ${config.TENURE_DATA}. Ctrl-C ends it.`);
        say(io, `What there is to ask: ${url}/docs`);
        say(io, `Publish a purchase, then look at its customer:`);
        for (const line of firstSteps(url, hasKeys, new Date())) say(io, `  ${line}`);
      };
      await runProcess({ name: 'standalone', services: config.TENURE_SERVICES, info, env, onReady });
    });
}

/** Lines to try at a shell. */
function firstSteps(url: string, hasKeys: boolean, now: Date): string[] {
  const purchase = {
    source: 'web-shop',
    orderId: '1001',
    occurredAt: now.toISOString(),
    customer: { source: 'web-shop', key: '17850' },
    currency: 'GBP',
    lines: [{ lineId: '1', productId: 'teapot', quantity: 1, amountMinor: 1999 }],
  };
  const key = hasKeys ? " -H 'authorization: Bearer YOUR-KEY'" : '';
  return [
    `curl ${url}/v1/purchases${key} -H 'content-type: application/json' -d '${JSON.stringify(purchase)}'`,
    `curl ${url}/v1/customers/by-key/web-shop/17850${key}`,
  ];
}
