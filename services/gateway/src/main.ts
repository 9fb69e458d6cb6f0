import { runUntilSignal } from '@tenure/runtime';
import { gatewayConfig } from './config.ts';
import { startGateway } from './start-gateway.ts';

/** The services, each in a process of its own, as one API. */
await runUntilSignal({
  name: 'gateway',
  config: gatewayConfig,
  env: process.env,
  start: (config, log) => startGateway({ config, log }),
});
