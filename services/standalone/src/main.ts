import { loadConfig, runProcess } from '@tenure/runtime';
import { standaloneConfig } from './config.ts';
import { info } from './start-standalone.ts';

/** All services in one process. */
const { TENURE_SERVICES: services } = loadConfig(standaloneConfig, process.env);
await runProcess({ name: 'standalone', services, info, env: process.env });
