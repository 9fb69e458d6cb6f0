import { runProcess } from '@tenure/runtime';
import { service } from './service.ts';

/** The service in a process of its own, on a store of its own. */
await runProcess({
  name: 'audit',
  services: [service],
  info: { title: 'Tenure audit', version: '0.1.0', description: 'Histories, and states as of any instant.' },
  env: process.env,
});
