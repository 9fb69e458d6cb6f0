import { runProcess } from '@tenure/runtime';
import { service } from './service.ts';

/** The service in a process of its own, on a store of its own. */
await runProcess({
  name: 'complaint',
  services: [service],
  info: { title: 'Tenure complaint', version: '0.1.0', description: 'Complaints, from filing to closing.' },
  env: process.env,
});
