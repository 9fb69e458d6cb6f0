import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A port on which nobody listens. Below those that the system gives out by itself, so that what other tests open
 * meanwhile does not get it.
 */
export async function loopbackPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = createServer();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    if (await promise) return port;
  }
}
