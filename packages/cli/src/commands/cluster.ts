import { once } from 'node:events';
import { startCluster } from '@tenure/testing/cluster';
import { Command } from 'commander';
import { type Io, say } from '../io.ts';

interface Options {
  readonly port: string;
}

/** `tenure cluster`: everything as it runs on several machines, on this one, until a signal. */
export function clusterCommand(io: Io): Command {
  return new Command('cluster')
    .description('Run Kafka, a MongoDB server, a double of EventStoreDB and each service as processes of this machine')
    .option('--port <port>', 'of the API of all services', '8080')
    .action(async ({ port }: Options) => {
      const stopped = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
      const cluster = await startCluster({
        port: Number(port),
        onStarted: (name, at) => say(io, `  ${name.padEnd(24)} ${at}`),
      });
      try {
        say(
          io,
          `Tenure answers at ${cluster.url}; logs are in ${cluster.directory}/logs. Ctrl-C ends it, and all its data.`,
        );
        if (!stopped.signal.aborted) await once(stopped.signal, 'abort');
      } finally {
        await cluster.stop();
      }
    });
}
