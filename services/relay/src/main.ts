import { baseConfig, runUntilSignal } from '@tenure/runtime';
import { startRelayProcess } from './relay-process.ts';

const EXIT_ENDED = 1;

/** The relay in a process of its own. One that ends by itself ends the process: whoever runs it starts another. */
await runUntilSignal({
  name: 'relay',
  config: baseConfig,
  env: process.env,
  start: async (config, log) => {
    const running = await startRelayProcess(config, log);
    void running.relay.ended.then(() => {
      if (running.relay.failure !== undefined) process.exit(EXIT_ENDED);
    });
    return running;
  },
});
