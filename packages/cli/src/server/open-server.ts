import type { Io } from '../io.ts';
import { type Client, createClient } from './client.ts';
import { startEmbedded } from './start-embedded.ts';
import { viewsSettled } from './views-settled.ts';

const probeTimeoutMs = 2000;

/** A service to talk to: one that runs, or the embedded store, opened for this command. */
export interface Server {
  readonly client: Client;
  /** Of the embedded store: resolves once its views show all that is in its log. At once for a service that runs. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Finds the service that `TENURE_URL` names, else one on this machine's `TENURE_PORT`, else opens the store in
 * `TENURE_DATA` and serves it on a loopback port of its own, with a key that nobody else knows.
 * @throws CommandFailedError when the store is open elsewhere
 */
export async function openServer(io: Io): Promise<Server> {
  const client = await findService(io);
  if (client === undefined) return openEmbedded(io);
  return { client, settle: async () => undefined, close: async () => undefined };
}

/** The service that `TENURE_URL` names, else one on this machine's `TENURE_PORT`; undefined if there is none. */
export async function findService({ env }: Pick<Io, 'env'>): Promise<Client | undefined> {
  const apiKey = env.TENURE_API_KEY || undefined;
  if (env.TENURE_URL) return createClient({ url: env.TENURE_URL.replace(/\/+$/, ''), apiKey });
  const local = `http://127.0.0.1:${env.TENURE_PORT || '8080'}`;
  return (await isTenure(local)) ? createClient({ url: local, apiKey }) : undefined;
}

async function isTenure(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(probeTimeoutMs) });
    return (await response.text()) === '{"status":"alive"}';
  } catch {
    // Nobody there, or somebody who speaks something else: not a service of ours.
    return false;
  }
}

async function openEmbedded(io: Io): Promise<Server> {
  const advice = 'If it is a service, set TENURE_URL to where it answers.';
  const { running, apiKey } = await startEmbedded(io, { advice });
  return {
    client: createClient({ url: running.url, apiKey }),
    settle: async () => {
      await viewsSettled(running.context);
    },
    close: async () => {
      await running.stop();
    },
  };
}

/** Does something with a service and closes it, whatever happens. */
export async function withServer<T>(io: Io, use: (server: Server) => Promise<T>): Promise<T> {
  const server = await openServer(io);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}
