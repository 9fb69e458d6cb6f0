import { runProcess } from '@tenure/runtime';
import { service } from './service.ts';

/** The service in a process of its own, on a store of its own. */
await runProcess({
  name: 'analytics',
  services: [service],
  info: {
    title: 'Tenure analytics',
    version: '0.1.0',
    description: 'The customer view, the lifecycle and the reports.',
  },
  env: process.env,
});
