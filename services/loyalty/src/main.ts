import { runProcess } from '@tenure/runtime';
import { service } from './service.ts';

/** The service in a process of its own, on a store of its own. */
await runProcess({
  name: 'loyalty',
  services: [service],
  info: { title: 'Tenure loyalty', version: '0.1.0', description: 'Points and tiers.' },
  env: process.env,
});
