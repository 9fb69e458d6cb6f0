import { serveForTest, type TestServer } from '@tenure/runtime/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { service } from '../service.ts';
import { answer, contact, followUp, survey } from '../testing/bodies.ts';

let server: TestServer;
beforeAll(async () => {
  server = await serveForTest([service]);
});
afterAll(() => server.stop());

const eventsOf = async (category: 'contact' | 'followup' | 'survey', id: string) =>
  server.context.store.readStream(`${category}-${id}`);

describe('a contact', () => {
  test.each(['phone', 'email', 'sms', 'web', 'social', 'live-chat', 'bot', 'face-to-face', 'form'])(
    'comes by %s',
    async (channel) => {
      expect((await server.post('/v1/contacts', contact(`by-${channel}`, { channel }))).status).toBe(202);
    },
  );

  test('keeps what was said apart, as personal data', async () => {
    const { body } = await server.post('/v1/contacts', contact('said', { text: 'My name is Ann' }));
    const [event] = await eventsOf('contact', body.id);
    expect(event?.personal).toEqual({ subject: 'Where is my parcel?', text: 'My name is Ann' });
    expect(JSON.stringify(event?.data)).not.toContain('Ann');
  });

  test('I4: happens once; with other content it is a conflict', async () => {
    const first = await server.post('/v1/contacts', contact('twice'));
    const again = await server.post('/v1/contacts', contact('twice'));
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect((await server.post('/v1/contacts', contact('twice', { kind: 'opinion' }))).status).toBe(409);
  });

  test('leaves no personal data in the log of the program', async () => {
    await server.post('/v1/contacts', contact('twice', { text: 'CANARY-4711' }));
    expect(server.logged.join('')).not.toContain('CANARY-4711');
  });
});

describe('a survey', () => {
  test('has one answer; a second, different one is a conflict', async () => {
    const invited = await server.post('/v1/surveys', survey('s-1'));
    expect(invited.status).toBe(202);
    const first = await server.post('/v1/survey-responses', answer('s-1'));
    expect(first.status).toBe(202);
    expect(first.body).toMatchObject({ id: invited.body.id, customerId: invited.body.customerId });
    const again = await server.post('/v1/survey-responses', answer('s-1'));
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect((await server.post('/v1/survey-responses', answer('s-1', { score: 2 }))).status).toBe(409);
    const list = await server.getCurrent('/v1/conflicts?factId=s-1');
    expect(list.body.items).toMatchObject([{ kind: 'survey-response', submitted: { score: 2 } }]);
  });

  test('refuses an answer that nobody asked for, or that its scale does not have', async () => {
    expect((await server.post('/v1/survey-responses', answer('nobody'))).status).toBe(404);
    await server.post('/v1/surveys', survey('s-2', { kind: 'csat' }));
    const refusal = await server.post('/v1/survey-responses', answer('s-2', { score: 6 }));
    expect(refusal.status).toBe(422);
    expect(refusal.body.errors[0].pointer).toBe('/score');
    const early = await server.post(
      '/v1/survey-responses',
      answer('s-2', { score: 5, answeredAt: '2026-02-01T00:00:00Z' }),
    );
    expect(early.body.errors[0].pointer).toBe('/answeredAt');
    const late = await server.post(
      '/v1/survey-responses',
      answer('s-2', { score: 5, answeredAt: '2026-04-01T00:00:00Z' }),
    );
    expect(late.body.type).toBe('urn:tenure:problem:in-the-future');
  });
});

describe('a follow-up visit', () => {
  const plan = async (id: string, changes: object = {}) =>
    (await server.post('/v1/follow-ups', followUp(id, changes))).body.id;
  const act = (id: string, action: string, body: object, headers = {}) =>
    server.post(`/v1/follow-ups/${id}/${action}`, body, headers);

  test('is planned, moved and done', async () => {
    const id = await plan('f-1');
    expect((await act(id, 'move', { dueAt: '2026-03-09T09:00:00Z' })).status).toBe(202);
    expect((await act(id, 'done', { outcome: 'All is well', satisfaction: 5 })).status).toBe(202);
    expect((await eventsOf('followup', id)).map(({ type, data, personal }) => [type, personal ?? data])).toEqual([
      ['FollowUpScheduled', { purpose: 'Ask how the machine runs' }],
      ['FollowUpMoved', { dueAt: '2026-03-09T09:00:00.000Z' }],
      ['FollowUpDone', { outcome: 'All is well' }],
    ]);
    expect((await act(id, 'move', { dueAt: '2026-03-10T09:00:00Z' })).status).toBe(409);
  });

  test('takes the revision that was seen, and knows a retry by its key before it looks at that', async () => {
    const id = await plan('f-2');
    const headers = { 'if-match': '"0"', 'idempotency-key': 'move-1' };
    const first = await act(id, 'move', { dueAt: '2026-03-09T09:00:00Z' }, headers);
    expect(first.status).toBe(202);
    expect(first.headers.get('etag')).toBe('"1"');
    await act(id, 'move', { dueAt: '2026-03-19T09:00:00Z' });
    const again = await act(id, 'move', { dueAt: '2026-03-09T09:00:00Z' }, headers);
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([200, first.text, '"1"']);
    const other = await act(id, 'move', { dueAt: '2026-03-29T09:00:00Z' }, headers);
    expect(other.body.type).toBe('urn:tenure:problem:idempotency-key-reused');
    expect((await act(id, 'done', {}, { 'if-match': '"0"' })).status).toBe(412);
  });

  test('I4: one key does for the same action on several', async () => {
    const [one, other] = [await plan('f-3'), await plan('f-4')];
    for (const id of [one, other]) {
      expect((await act(id, 'done', {}, { 'idempotency-key': 'both' })).status).toBe(202);
    }
    const [first, second] = await Promise.all([one, other].map(async (id) => (await eventsOf('followup', id)).at(-1)));
    expect(first?.id).not.toBe(second?.id);
  });

  test('is not missed by hand before it is due, nor when it is done', async () => {
    const id = await plan('f-5');
    expect((await act(id, 'miss', {})).body.type).toBe('urn:tenure:problem:wrong-status');
    await act(id, 'done', {});
    expect((await act(id, 'miss', {})).status).toBe(409);
    expect((await act('0'.repeat(32), 'miss', {})).status).toBe(404);
  });
});
