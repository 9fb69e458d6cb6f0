import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contact, purchase } from '../support/facts.ts';
import { expectWhole } from '../support/log-checks.ts';
import { type Answer, type Body, type Running, start } from '../support/running.ts';

const now = '2026-03-01T00:00:00.000Z';
const occurredAt = '2026-01-05T10:00:00.000Z';
const crowd = Array.from({ length: 16 }, (_, n) => n);

describe('many at once on one thing', () => {
  let running: Running;
  beforeAll(async () => {
    running = await start({ now });
  });
  afterAll(async () => {
    expectWhole(await running.events(), []);
    await running.stop();
  });

  async function customer(key: string): Promise<string> {
    return (await running.batch([contact(`c-${key}`, key, occurredAt)]))[0].customerId;
  }

  function change(id: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
    return running.send('PATCH', `/v1/customers/${id}`, body, headers);
  }

  async function seen(id: string): Promise<{ readonly etag: string; readonly view: Body }> {
    await running.settled();
    const { headers, body } = await running.get(`/v1/customers/${id}`);
    return { etag: headers.get('etag') ?? '', view: body };
  }

  it('I3: of those who saw the same revision one changes it, the others are told', async () => {
    const id = await customer('same');
    const { etag } = await seen(id);
    const answers = await Promise.all(crowd.map((n) => change(id, name(`${n}`), { 'if-match': etag })));
    expect(statuses(answers)).toEqual({ 202: 1, 412: crowd.length - 1 });
    const winner = answers.findIndex(({ status }) => status === 202);
    expect((await seen(id)).view.attributes.givenName.value).toBe(`${winner}`);
  });

  it('I3: changes of different things are all kept, whoever comes first', async () => {
    const id = await customer('different');
    const point = (n: number): object => ({ kind: 'email', value: `n${n}@example.com`, ...observed });
    const answers = await Promise.all(crowd.map((n) => change(id, { contactPoints: { add: [point(n)] } })));
    expect(statuses(answers)).toEqual({ 202: crowd.length });
    const kept = (await seen(id)).view.contactPoints.map(({ value }: Body) => value);
    expect(kept.sort()).toEqual(crowd.map((n) => `n${n}@example.com`).sort());
  });

  it('I3: who reads, adds and tries again when told so loses nothing of the others', async () => {
    const id = await customer('adding');
    let refused = 0;
    const add = async (n: number): Promise<void> => {
      for (;;) {
        const { etag, view } = await seen(id);
        const before = view.attributes.givenName?.value ?? '';
        const { status } = await change(id, name(`${before} ${n}`.trim()), { 'if-match': etag });
        if (status === 202) return;
        expect(status).toBe(412);
        refused++;
      }
    };
    await Promise.all(crowd.slice(0, 6).map(add));
    expect(refused).toBeGreaterThan(0);
    const { value } = (await seen(id)).view.attributes.givenName;
    expect(value.split(' ').sort()).toEqual(crowd.slice(0, 6).map(String));
  });

  it('I3: an anonymous purchase goes to one of those who claim it', async () => {
    await running.batch([purchase('claimed', null, occurredAt)]);
    const claim = (key: string): Promise<Answer> =>
      running.post('/v1/purchases/shop/claimed/claim', { customer: { source: 'shop', key } });
    const answers = await Promise.all(crowd.flatMap((n) => [claim(`claimant-${n}`), claim(`claimant-${n}`)]));
    expect(statuses(answers)).toEqual({ 202: 1, 200: 1, 409: 2 * crowd.length - 2 });
    const [first, second] = answers.filter(({ status }) => status < 300);
    expect(first?.body).toEqual(second?.body);
    const { body } = await running.get('/v1/purchases/shop/claimed');
    expect(body.customerId).toBe(first?.body.customerId);
  });

  it('I3: the same fact many times at once is one fact, with one answer', async () => {
    const { type: _type, ...body } = purchase('often', 'often', occurredAt);
    const answers = await Promise.all(crowd.map(() => running.post('/v1/purchases', body)));
    expect(statuses(answers)).toEqual({ 202: 1, 200: crowd.length - 1 });
    for (const answer of answers) expect(answer.body).toEqual(answers[0]?.body);
  });

  it('I3: of one fact with many contents one stands, the others are kept as conflicts', async () => {
    const answers = await Promise.all(
      crowd.map((n) => {
        const { type: _type, ...body } = purchase('disputed', 'disputed', occurredAt, 1_000 + n);
        return running.post('/v1/purchases', body);
      }),
    );
    expect(statuses(answers)).toEqual({ 202: 1, 409: crowd.length - 1 });
    await running.settled();
    const { items } = (await running.get('/v1/conflicts?limit=500')).body;
    expect(items.filter(({ factId }: Body) => factId === 'disputed').length).toBe(crowd.length - 1);
  });

  it('I3: a step of a complaint is taken once', async () => {
    const complaint = { complaintId: 'k1', channel: 'phone', severity: 'low', content: 'Creaks.' };
    const filed = await running.post('/v1/complaints', { source: 'desk', occurredAt, customer: null, ...complaint });
    const path = `/v1/complaints/${filed.body.id}`;
    const etag = (await running.get(path)).headers.get('etag') ?? '';
    const answers = await Promise.all(
      crowd.map((n) => running.post(`${path}/assign`, { department: `d${n}` }, { 'if-match': etag })),
    );
    expect(statuses(answers)).toEqual({ 202: 1, 412: crowd.length - 1 });
    const closing = await Promise.all(crowd.map(() => running.post(`${path}/close`, {})));
    expect(closing.filter(({ status }) => status === 202).length).toBeLessThanOrEqual(1);
    for (const { status } of closing) expect([202, 200, 409]).toContain(status);
  });
});

const observed = { source: 'registration-form', observedAt: occurredAt } as const;

function name(value: string): object {
  return { attributes: { givenName: { value, ...observed } } };
}

/** How many answers had which status. */
function statuses(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
