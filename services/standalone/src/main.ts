import { runProcess } from '@tenure/runtime';
import { standaloneConfig } from './config.ts';
import { info } from './start-standalone.ts';

/** All services in one process. */
await runProcess({
  name: 'standalone',
  config: standaloneConfig,
  services: (config) => config.TENURE_SERVICES,
  info,
  env: process.env,
});
