import { runProcess } from '@tenure/runtime';
import { service } from './service.ts';

/** The service in a process of its own, on a store of its own. */
await runProcess({
  name: 'profile',
  services: [service],
  info: {
    title: 'Tenure profile',
    version: '0.1.0',
    description: 'Who customers are: attributes, contact points, keys.',
  },
  env: process.env,
});
