import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cut, CuttingProxy } from '../support/cutting-proxy.ts';
import { contact, purchase, refund } from '../support/facts.ts';
import { type Answer, type Running, start } from '../support/running.ts';

const now = '2026-03-01T00:00:00.000Z';
const occurredAt = '2026-01-05T10:00:00.000Z';
const observed = { source: 'registration-form', observedAt: occurredAt };

interface Write {
  readonly method: string;
  readonly path: string;
  readonly body: object;
  readonly headers?: Record<string, string>;
}

describe('a client whose connection is cut before the answer arrives', () => {
  let running: Running;
  let proxy: CuttingProxy;
  let tried = 0;
  beforeAll(async () => {
    running = await start({ now });
    proxy = await CuttingProxy.before(running.url);
  });
  afterAll(async () => {
    proxy.close();
    await running.stop();
  });

  /** Each makes what it needs under names of its own, and says what is then sent. */
  const writes: Readonly<Record<string, (name: string) => Promise<Write>>> = {
    purchase: async (name) => factOf('/v1/purchases', purchase(name, `K-${name}`, occurredAt)),
    contact: async (name) => factOf('/v1/contacts', contact(name, `K-${name}`, occurredAt)),
    'refund of a purchase': async (name) => {
      await running.batch([purchase(name, `K-${name}`, occurredAt)]);
      return factOf('/v1/refunds', refund(`r-${name}`, name, `K-${name}`, occurredAt));
    },
    'refund that comes before its purchase': async (name) =>
      factOf('/v1/refunds', refund(`r-${name}`, name, `K-${name}`, occurredAt)),
    claim: async (name) => {
      await running.batch([purchase(name, null, occurredAt)]);
      return post(`/v1/purchases/shop/${name}/claim`, { customer: { source: 'shop', key: `K-${name}` } });
    },
    registration: async (name) =>
      post('/v1/customers', {
        customer: { source: 'shop', key: `K-${name}` },
        kind: 'person',
        attributes: { givenName: { value: 'Ada', ...observed } },
      }),
    'change with a key': async (name) => {
      const id = await customer(name);
      const body = { attributes: { givenName: { value: `Ada ${name}`, ...observed } } };
      return { method: 'PATCH', path: `/v1/customers/${id}`, body, headers: { 'idempotency-key': `change-${name}` } };
    },
    'change with a key of what was seen': async (name) => {
      const id = await customer(name);
      await running.settled();
      const etag = (await running.get(`/v1/customers/${id}`)).headers.get('etag') ?? '';
      const headers = { 'idempotency-key': `seen-${name}`, 'if-match': etag };
      return { method: 'PATCH', path: `/v1/customers/${id}`, body: { keyAccount: true }, headers };
    },
    link: async (name) =>
      post(`/v1/customers/${await customer(name)}/links`, { customer: { source: 'shop', key: `L-${name}` } }),
    complaint: async (name) => post('/v1/complaints', complaintOf(name)),
    'action with a key': async (name) => {
      const { id } = (await running.post('/v1/complaints', complaintOf(name))).body;
      return { ...post(`/v1/complaints/${id}/acknowledge`, {}), headers: { 'idempotency-key': `told-${name}` } };
    },
  };

  async function customer(name: string): Promise<string> {
    return (await running.batch([contact(`c-${name}`, `K-${name}`, occurredAt)]))[0].customerId;
  }

  function send({ method, path, body, headers }: Write): Promise<Answer> {
    return running.send(method, path, body, headers);
  }

  /** The client hears nothing. */
  async function sendUnheard({ method, path, body, headers }: Write): Promise<void> {
    const all = { 'content-type': 'application/json', connection: 'close', ...headers };
    await expect(fetch(proxy.url + path, { method, headers: all, body: JSON.stringify(body) })).rejects.toThrow();
  }

  const cuts: readonly Cut[] = ['answer', 'request'];
  const cases = Object.keys(writes).flatMap((kind) => cuts.map((cut) => [kind, cut] as const));

  it.each(cases)(
    'I4: %s, cut off with the %s: sent again it has happened once, and is answered as at first',
    async (kind, cut) => {
      for (let round = 0; round < 3; round++) {
        const write = (await writes[kind]?.(`${cut}${++tried}`)) as Write;
        const before = (await running.events()).length;
        proxy.cut = cut;
        proxy.swallowed.length = 0;
        await sendUnheard(write);
        const again = await send(write);
        expect([200, 202]).toContain(again.status);
        if (cut === 'answer') expect([again.status, again.body]).toEqual([200, JSON.parse(proxy.swallowed[0] ?? '')]);
        const third = await send(write);
        expect([third.status, third.body]).toEqual([200, again.body]);

        // What follows for its customer is not written by the client.
        const written = (await running.events()).slice(before).filter(({ metadata }) => metadata.actor === 'local');
        const ids = written.map(({ type, stream }) => `${type} ${stream}`);
        expect(new Set(ids).size).toBe(ids.length);
        expect(new Set(written.map(({ metadata }) => metadata.causationId)).size).toBe(1);
      }
    },
  );

  it('I4: a batch, cut off and sent again, has happened once', async () => {
    const facts = Array.from({ length: 200 }, (_, n) => purchase(`batch-${n}`, `B${n % 7}`, occurredAt));
    const body = facts.map((fact) => `${JSON.stringify(fact)}\n`).join('');
    const headers = { 'content-type': 'application/x-ndjson', connection: 'close' };
    const sendUnheardBatch = async (cut: Cut): Promise<void> => {
      proxy.cut = cut;
      await expect(fetch(`${proxy.url}/v1/facts/batch`, { method: 'POST', headers, body })).rejects.toThrow();
    };
    await sendUnheardBatch('request');
    const first = await running.batch(facts);
    await sendUnheardBatch('answer');
    const again = await running.batch(facts);
    expect(again.map(({ status }) => status)).toEqual(facts.map(() => 200));
    expect(again).toEqual(first.map((line) => ({ ...line, status: 200 })));
    const recorded = (await running.events()).filter(
      ({ stream, type }) => type === 'PurchaseRecorded' && stream !== '',
    );
    const orders = recorded
      .map(({ data }) => (data as { orderId: string }).orderId)
      .filter((id) => id.startsWith('batch-'));
    expect(orders.length).toBe(facts.length);
  });
});

function post(path: string, body: object): Write {
  return { method: 'POST', path, body };
}

function factOf(path: string, { type: _type, ...body }: { readonly type: string }): Write {
  return post(path, body);
}

function complaintOf(name: string): object {
  const customer = { source: 'shop', key: `K-${name}` };
  return {
    source: 'desk',
    complaintId: name,
    occurredAt,
    customer,
    channel: 'phone',
    severity: 'low',
    content: 'Creaks.',
  };
}
