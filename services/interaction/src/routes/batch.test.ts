import { request } from 'node:http';
import { Readable } from 'node:stream';
import { serveForTest, type TestServer } from '@tenure/runtime/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { service } from '../service.ts';
import { answer, contact, customer, followUp, line, purchase, refund, survey } from '../testing/bodies.ts';
import { batchRoute } from './batch.ts';

let server: TestServer;
beforeAll(async () => {
  server = await serveForTest([service]);
});
afterAll(() => server.stop());

const fact = (type: string, body: object) => ({ type, ...body });

describe('a batch', () => {
  test('takes every type of fact, in order, as if sent one after another', async () => {
    const answers = await server.batch([
      fact('purchase', purchase('b-1')),
      fact('refund', refund('b-1-r', 'b-1')),
      fact('refund', refund('b-u', undefined)),
      fact('contact', contact('b-1')),
      fact('follow-up', followUp('b-1')),
      fact('survey', survey('b-1')),
      fact('survey-response', answer('b-1')),
    ]);
    expect(answers.map(({ line: number, status }) => [number, status])).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((number) => [number, 202]),
    );
    expect(new Set(answers.map(({ customerId }) => customerId))).toEqual(
      new Set([server.context.ids.customerId(customer.source, customer.key)]),
    );
    expect((await server.get('/v1/purchases/web-shop/b-1')).body).toMatchObject({ refundedMinor: 500 });
  });

  test('I4: sent again it answers as the first time, and as the single route would', async () => {
    const lines = Array.from({ length: 50 }, (_, i) => fact('purchase', purchase(`again-${i}`)));
    const first = await server.batch(lines);
    const again = await server.batch([...lines, ...lines.slice(0, 3)]);
    expect(first.every(({ status }) => status === 202)).toBe(true);
    expect(again.slice(0, 50)).toEqual(first.map((one) => ({ ...one, status: 200 })));
    expect(again.slice(50)).toEqual(first.slice(0, 3).map((one, i) => ({ ...one, line: 51 + i, status: 200 })));
    const { line: _, status: __, ...receipt } = first[0];
    expect((await server.post('/v1/purchases', purchase('again-0'))).body).toEqual(receipt);
  });

  test('goes on after a bad line, and says what is wrong with it', async () => {
    const ok = (id: string) => fact('purchase', purchase(id));
    const answers = await server.batch([
      ok('bad-1'),
      '{"type":"purchase"',
      '',
      '[]',
      fact('gift', {}),
      fact('complaint', {}),
      fact('purchase', purchase('bad-2', { lines: [line('1', 0.5)] })),
      fact('purchase', purchase('bad-1', { currency: 'EUR' })),
      fact('purchase', purchase('bad-3', { occurredAt: '2027-01-01T00:00:00Z' })),
      fact('survey-response', answer('nobody-was-asked')),
      '{"type":"purchase","__proto__":{"source":"web-shop"}}',
      ok('bad-4'),
    ]);
    expect(answers.map(({ line: number, status }) => [number, status])).toEqual([
      [1, 202],
      [2, 400],
      [3, 400],
      [4, 422],
      [5, 422],
      [6, 422],
      [7, 422],
      [8, 409],
      [9, 422],
      [10, 422],
      [11, 422],
      [12, 202],
    ]);
    expect(answers[5].error).toMatchObject({
      type: 'urn:tenure:problem:invalid',
      errors: [{ pointer: '/type', detail: 'the service that takes a complaint is not part of this process' }],
    });
    expect(answers[6].error.errors[0].pointer).toBe('/lines/0/amountMinor');
    expect(answers[8].error.type).toBe('urn:tenure:problem:in-the-future');
  });

  test('refuses a line above 1 MiB, and takes the next', async () => {
    const answers = await server.batch([
      fact('contact', contact('long-1', { text: 'x'.repeat(1024 * 1024) })),
      fact('contact', contact('long-2', { text: 'x'.repeat(20_000) })),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([413, 202]);
  });

  test('may be longer than any body, and empty', async () => {
    const lines = Array.from({ length: 120 }, (_, i) =>
      fact('contact', contact(`many-${i}`, { text: `${i} ${'x'.repeat(18_000)}` })),
    );
    const answers = await server.batch(lines);
    expect(answers.map(({ line: number }) => number)).toEqual(lines.map((_, i) => i + 1));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect(await server.batch([])).toEqual([]);
  });

  test('answers lines before the next ones are sent', async () => {
    const talk = openBatch(server.url);
    for (const id of ['talk-1', 'talk-2', 'talk-3']) {
      talk.send(fact('purchase', purchase(id)));
      expect(await talk.next()).toMatchObject({ status: 202 });
    }
    talk.end();
    expect(await talk.next()).toBeUndefined();
  });

  test('I14: reads no further than its answers are read', async () => {
    let pulled = 0;
    const chunks = function* () {
      for (; pulled < 100_000; pulled++) yield Buffer.from('no fact\n');
    };
    const route = batchRoute({ ...server.context, facts: new Map() });
    const answered = await route.handle({
      params: {},
      query: {},
      body: undefined,
      stream: Readable.from(chunks(), { highWaterMark: 1 }),
      origin: {
        actor: 'local',
        requestId: 'r',
        correlationId: 'r',
        traceparent: undefined,
        idempotencyKey: undefined,
        ifMatch: undefined,
      },
      contentType: 'application/x-ndjson',
      flight: { signal: new AbortController().signal },
    });
    const answers = answered.stream?.[Symbol.asyncIterator]();
    expect((await answers?.next())?.value).toContain('"line":1,"status":400');
    for (let turn = 0; turn < 2_000; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(pulled).toBeLessThan(20);
    for (let line = 2; line < 100; line++) expect((await answers?.next())?.value).toContain(`"line":${line},`);
    expect(pulled).toBeLessThan(120);
  });

  test('goes on where it was when its answers are read at last', async () => {
    const talk = openBatch(server.url);
    const thousand = `${'x'.repeat(200)}\n`.repeat(1_000);
    // What buffers hold on the way ends somewhere: from then on nothing more is taken.
    let sent = 0;
    for (let taken = true; taken && sent < 1_000_000; sent += 1_000) {
      taken = talk.sendText(thousand) || (await talk.drained(500));
    }
    expect(sent).toBeLessThan(1_000_000);
    talk.end();
    for (let number = 1; number <= sent; number++)
      expect(await talk.next()).toMatchObject({ line: number, status: 400 });
  });
});

describe('a batch of an import session', () => {
  test('leaves the session on its events, and needs one that was opened', async () => {
    const opened = await server.post('/v1/imports', { name: 'shop.csv', fingerprint: 'batch-test' });
    const [first] = await server.batch([fact('purchase', purchase('s-1'))], `?session=${opened.body.id}`);
    expect(first.status).toBe(202);
    const stream = server.context.ids.purchaseStream('web-shop', 's-1');
    expect((await server.context.store.readStream(stream))[0]?.metadata.session).toBe(opened.body.id);
    const [again] = await server.batch([fact('purchase', purchase('s-1'))], `?session=${opened.body.id}`);
    expect(again).toEqual({ ...first, status: 200 });
    await expect(server.batch([], `?session=${'0'.repeat(32)}`)).rejects.toThrow('404');
  });
});

test('I15: a shutdown ends a batch that goes on and on, after all that it has answered', async () => {
  const own = await serveForTest([service]);
  const talk = openBatch(own.url);
  talk.send(fact('purchase', purchase('last')));
  expect(await talk.next()).toMatchObject({ line: 1, status: 202 });
  const stopped = own.stop();
  expect(await talk.next()).toBeUndefined();
  talk.end();
  await stopped;
});

/** A batch whose lines are sent and whose answers are read when the test says so. */
function openBatch(url: string) {
  const sending = request(new URL('/v1/facts/batch', url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
  });
  // Listened for from the start: an answer that nobody listens for is thrown away, not left unread.
  const responded = new Promise<AsyncIterable<Buffer>>((resolve, reject) => {
    sending.once('response', resolve);
    sending.once('error', reject);
  });
  const answers = (async function* () {
    const response = await responded;
    let rest = '';
    for await (const chunk of response) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const one of lines) yield JSON.parse(one);
    }
  })();
  return {
    send: (value: object) => sending.write(`${JSON.stringify(value)}\n`),
    sendText: (text: string) => sending.write(text),
    /** Whether what was written has been taken, at most after so many milliseconds. */
    drained: (withinMs: number) =>
      new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), withinMs);
        sending.once('drain', () => {
          clearTimeout(timer);
          resolve(true);
        });
      }),
    end: () => sending.end(),
    next: async () => (await answers.next()).value,
  };
}
