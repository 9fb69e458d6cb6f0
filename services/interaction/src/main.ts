import { runProcess } from '@tenure/runtime';
import { service } from './service.ts';

/** The service in a process of its own, on a store of its own. */
await runProcess({
  name: 'interaction',
  services: [service],
  info: {
    title: 'Tenure interaction',
    version: '0.1.0',
    description: 'Purchases, refunds, contacts, follow-up visits, surveys and imports.',
  },
  env: process.env,
});
