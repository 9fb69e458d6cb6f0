import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { services } from '@tenure/standalone';
import { expect, it } from 'vitest';
import { contact, purchase } from '../support/facts.ts';
import { startProcess } from '../support/process.ts';
import { type Answer, type Running, start } from '../support/running.ts';

const now = '2026-03-01T00:00:00.000Z';
const names = services.map(({ name }) => name);
const customer = { source: 'shop', key: 'K1' };
const complaint = {
  source: 'desk',
  complaintId: 'c1',
  occurredAt: '2026-02-01T00:00:00Z',
  customer,
  channel: 'phone',
  severity: 'low',
  content: 'It creaks.',
};

/** Something that only this service answers. Writes come first: they make the customer known. */
const asks: Readonly<Record<string, (running: Running, id: string) => Promise<Answer>>> = {
  profile: ({ post }) => post('/v1/customers', { customer, kind: 'person' }),
  interaction: ({ post }) => post('/v1/contacts', bodyOf(contact('k1', 'K1', '2026-02-01T00:00:00Z'))),
  complaint: ({ post }) => post('/v1/complaints', complaint),
  loyalty: ({ get }, id) => get(`/v1/loyalty/${id}`),
  analytics: ({ get }, id) => get(`/v1/customers/${id}`),
  audit: ({ get }, id) => get(`/v1/audit/customers/${id}/history`),
};

it.each(names)('without %s all others answer', async (left) => {
  const others = names.filter((name) => name !== left);
  const running = await start({ now, env: { TENURE_SERVICES: others.join(',') } });
  try {
    let id = '0'.repeat(32);
    for (const [name, ask] of Object.entries(asks)) {
      await running.settled();
      const { status, body } = await ask(running, id);
      // 405 where another service has the path, with another method.
      const expected = name === left ? [404, 405] : [200, 202];
      expect(expected, `${name} without ${left}: ${status}`).toContain(status);
      id = body.customerId ?? id;
    }
    expect((await running.get('/readyz')).status).toBe(200);
  } finally {
    await running.stop();
  }
});

it('each starts alone, on a store of its own', async () => {
  await using stack = new AsyncDisposableStack();
  const alone = names.map((service) => {
    const directory = mkdtempSync(join(tmpdir(), `tenure-${service}-`));
    stack.defer(() => rmSync(directory, { recursive: true }));
    const running = startProcess({ directory, service });
    stack.defer(() => running.kill());
    return { service, running };
  });
  for (const { service, running } of alone) {
    const url = await running.url;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
    const own = Object.keys(paths).filter((path) => path.startsWith('/v1/') && !path.startsWith('/v1/parked'));
    expect(own.length, service).toBeGreaterThan(0);
    running.signal('SIGTERM');
    expect(await running.exited).toBe(0);
  }
}, 60_000);

it('a batch takes the facts of the services that are there', async () => {
  const running = await start({
    now,
    env: { TENURE_SERVICES: names.filter((name) => name !== 'complaint').join(',') },
  });
  try {
    const lines = [purchase('o1', 'K1', '2026-02-01T00:00:00Z'), { type: 'complaint', ...complaint }];
    expect((await running.batch(lines)).map(({ status }) => status)).toEqual([202, 422]);
  } finally {
    await running.stop();
  }
});

function bodyOf({ type: _type, ...body }: { readonly type: string }): object {
  return body;
}
