import { Agent, request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { harmsFor } from './harm.ts';
import { acceptable, type FuzzRequest } from './requests.ts';
import { routesOf, tooSeldomAccepted } from './tally.ts';
import { startWorld, type World } from './world.ts';

/** Always the same unless FC_SEED says another. */
const seed = Number(process.env.FC_SEED ?? 20_110_301);
const RUNS = process.env.TENURE_TEST_FULL === '1' ? 300 : 40;
const LATEST_MS = 10_000;
const TIMEOUT_MS = 300_000;

let world: World;
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
beforeAll(async () => {
  process.stderr.write(`FC_SEED=${seed}\n`);
  world = await startWorld(RUNS);
}, TIMEOUT_MS);
afterAll(async () => {
  agent.destroy();
  await world.stop();
});

it(
  'I18: nothing that is done to a request makes a 500, 501, 502 or a late answer, on any route',
  async () => {
    const counts: Record<string, { requests: number; accepted: number; statuses: Record<string, number> }> = {};
    const routes = routesOf(world.document);
    for (const [index, route] of routes.entries()) {
      const count = { requests: 0, accepted: 0, statuses: {} as Record<string, number> };
      counts[route] = count;
      let n = 0;
      await fc.assert(
        fc.asyncProperty(harmsFor(route), async (chosen) => {
          const sent = chosen.reduce((request, harm) => harm.apply(request), acceptable(world, route, n++));
          const { status, text } = await exchange(sent);
          count.requests++;
          if (status >= 200 && status < 300) count.accepted++;
          count.statuses[status] = (count.statuses[status] ?? 0) + 1;
          const told = `${sent.method} ${sent.path}?${sent.query} is answered ${status}: ${text.slice(0, 500)}`;
          expect([500, 501, 502], told).not.toContain(status);
        }),
        { seed: seed + index, numRuns: RUNS },
      );
    }
    expect(routes.length).toBeGreaterThan(40);
    expect(tooSeldomAccepted(routes, counts)).toEqual([]);
  },
  TIMEOUT_MS,
);

/** Sends it as it is, also what fetch would mend. @throws when the answer is not complete within 10 s, or never comes */
function exchange({ method, path, query, headers, body }: FuzzRequest): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(world.url);
    const signal = AbortSignal.timeout(LATEST_MS);
    const target = query === '' ? path : `${path}?${query}`;
    // Without a length, what follows a HEAD is another request to the server, and none to the client.
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const all = { ...length, ...headers };
    const request = httpRequest({ agent, hostname, port, method, path: target, headers: all, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}
