import { serveForTest, type TestServer } from '@tenure/runtime/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { service } from './service.ts';

let server: TestServer;
beforeAll(async () => {
  server = await serveForTest([service]);
});
afterAll(() => server.stop());

const complaint = (complaintId: string, changes: object = {}) => ({
  source: 'call-centre',
  complaintId,
  occurredAt: '2026-02-01T10:00:00Z',
  customer: { source: 'web-shop', key: '17850' },
  channel: 'phone',
  severity: 'high',
  content: 'The kettle leaks',
  contact: 'ann@example.org',
  orderId: 'o-1',
  ...changes,
});
const file = async (id: string, changes: object = {}): Promise<string> =>
  (await server.post('/v1/complaints', complaint(id, changes))).body.id;
const act = (id: string, action: string, body: object = {}, headers = {}) =>
  server.post(`/v1/complaints/${id}/${action}`, body, headers);

describe('a complaint', () => {
  test('goes from filing to closing, and shows who did what when', async () => {
    const id = await file('whole');
    const steps: readonly (readonly [string, object])[] = [
      ['acknowledge', { occurredAt: '2026-02-01T11:00:00Z' }],
      ['assign', { occurredAt: '2026-02-01T12:00:00Z', department: 'Warehouse', assignee: 'Bo' }],
      ['analyse', { occurredAt: '2026-02-02T10:00:00Z', cause: 'Seal', responsibleDepartment: 'Purchasing' }],
      ['resolve', { occurredAt: '2026-02-03T10:00:00Z', solution: 'A new kettle' }],
      ['follow-up', { occurredAt: '2026-02-10T10:00:00Z', solved: true, satisfaction: 4 }],
      ['close', { occurredAt: '2026-02-11T10:00:00Z' }],
    ];
    for (const [action, body] of steps) {
      const answer = await act(id, action, body);
      expect([action, answer.status]).toEqual([action, 202]);
      expect(answer.body.id).toBe(id);
    }
    const { status, headers, body } = await server.get(`/v1/complaints/${id}`);
    expect(status).toBe(200);
    expect(headers.get('etag')).toBe('"6"');
    expect(body).toMatchObject({
      complaintId: 'whole',
      status: 'closed',
      open: false,
      content: 'The kettle leaks',
      contact: 'ann@example.org',
      solution: 'A new kettle',
      department: 'Warehouse',
      cause: 'Seal',
      solved: true,
      satisfaction: 4,
      filedAt: '2026-02-01T10:00:00.000Z',
      acknowledgedAt: '2026-02-01T11:00:00.000Z',
      resolvedAt: '2026-02-03T10:00:00.000Z',
      closedAt: '2026-02-11T10:00:00.000Z',
      reopenings: 0,
    });
    expect(body.steps.map(({ type, actor }: { type: string; actor: string }) => [type, actor])).toEqual(
      ['Filed', 'Acknowledged', 'Assigned', 'Analysed', 'Resolved', 'FollowedUp', 'Closed'].map((step) => [
        `Complaint${step}`,
        'local',
      ]),
    );
  });

  test('that was not solved is reopened', async () => {
    const id = await file('again');
    await act(id, 'resolve', { solution: 'Wait' });
    expect((await act(id, 'reopen', { reason: 'Still leaks' })).status).toBe(202);
    expect((await server.get(`/v1/complaints/${id}`)).body).toMatchObject({
      status: 'reopened',
      open: true,
      resolvedAt: null,
      reopenings: 1,
    });
  });

  test('refuses what its status does not allow, and what would go back in time', async () => {
    const id = await file('rules');
    const refusal = await act(id, 'close');
    expect(refusal.status).toBe(409);
    expect(refusal.body.type).toBe('urn:tenure:problem:wrong-status');
    const early = await act(id, 'acknowledge', { occurredAt: '2026-01-01T00:00:00Z' });
    expect([early.status, early.body.errors[0].pointer]).toEqual([422, '/occurredAt']);
    const future = await act(id, 'acknowledge', { occurredAt: '2026-04-01T00:00:00Z' });
    expect(future.body.type).toBe('urn:tenure:problem:in-the-future');
    expect((await act('0'.repeat(32), 'acknowledge')).status).toBe(404);
    expect((await server.get(`/v1/complaints/${'0'.repeat(32)}`)).status).toBe(404);
  });

  test('I4: an action retried with its key is answered as before, whatever has happened since', async () => {
    const id = await file('retried');
    const headers = { 'idempotency-key': 'k-1', 'if-match': '"0"' };
    const first = await act(id, 'resolve', { solution: 'A new one' }, headers);
    expect(first.status).toBe(202);
    await act(id, 'reopen');
    const again = await act(id, 'resolve', { solution: 'A new one' }, headers);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect((await server.get(`/v1/complaints/${id}`)).body.status).toBe('reopened');
    expect((await act(id, 'close', {}, { 'if-match': '"1"' })).status).toBe(412);
  });

  test('filed twice is one; with other content it is a conflict', async () => {
    const first = await server.post('/v1/complaints', complaint('same'));
    const again = await server.post('/v1/complaints', complaint('same'));
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect((await server.post('/v1/complaints', complaint('same', { severity: 'low' }))).status).toBe(409);
    expect((await server.get(`/v1/complaints/${first.body.id}`)).body).toMatchObject({
      severity: 'high',
      status: 'filed',
    });
  });
});

describe('the list of complaints', () => {
  test('is filtered by what stands now, and holds nothing of what people said', async () => {
    const shop = { source: 'list-shop' };
    const [open, done] = [await file('l-1', { ...shop, severity: 'low' }), await file('l-2', shop)];
    await file('l-3', { ...shop, occurredAt: '2026-02-05T10:00:00Z' });
    await act(open, 'assign', { department: 'Sales' });
    await act(done, 'resolve', { solution: 'Money back' });
    const list = async (query: string) => {
      const { body } = await server.getCurrent(`/v1/complaints?source=list-shop&${query}`);
      return body.items.map(({ complaintId }: { complaintId: string }) => complaintId);
    };
    expect(await list('sort=-filedAt,complaintId')).toEqual(['l-3', 'l-1', 'l-2']);
    expect(await list('open=true&sort=complaintId')).toEqual(['l-1', 'l-3']);
    expect(await list('department=Sales')).toEqual(['l-1']);
    expect(await list(`filter=${encodeURIComponent('{"filedAt":{"$gte":"2026-02-05T00:00:00Z"}}')}`)).toEqual(['l-3']);
    const { text } = await server.getCurrent('/v1/complaints');
    expect(text).not.toContain('kettle');
    expect(text).not.toContain('ann@');
  });

  test('I5: shows what the log says, for every complaint', async () => {
    const { text } = await server.getCurrent('/v1/complaints', { accept: 'application/x-ndjson' });
    const rows = text
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row));
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) {
      const {
        content: _,
        contact: __,
        solution: ___,
        steps: ____,
        ...view
      } = (await server.get(`/v1/complaints/${row.id}`)).body;
      expect(row).toEqual(view);
    }
  });
});

describe('complaints as of another instant', () => {
  const list = async (query: string) => {
    const { body } = await server.getCurrent(`/v1/complaints?source=then-shop&${query}`);
    return body.items.map(({ complaintId, status }: Record<string, string>) => `${complaintId} ${status}`);
  };
  let first: string;
  beforeAll(async () => {
    const shop = { source: 'then-shop' };
    first = await file('t-1', { ...shop, occurredAt: '2026-02-01T10:00:00Z' });
    const second = await file('t-2', { ...shop, occurredAt: '2026-02-03T10:00:00Z' });
    await act(first, 'assign', { occurredAt: '2026-02-04T10:00:00Z', department: 'Sales' });
    // Known a day later, of what happened before.
    server.clock.set(Date.parse('2026-03-02T12:00:00Z'));
    await act(first, 'resolve', { occurredAt: '2026-02-10T10:00:00Z', solution: 'Money back' });
    await act(second, 'acknowledge', { occurredAt: '2026-02-03T11:00:00Z' });
  });

  test('the list is that of the instant, and of what was known', async () => {
    expect(await list('sort=complaintId')).toEqual(['t-1 resolved', 't-2 acknowledged']);
    expect(await list('sort=complaintId&asOf=2026-02-05T00:00:00Z')).toEqual(['t-1 assigned', 't-2 acknowledged']);
    expect(await list('asOf=2026-02-02T00:00:00Z')).toEqual(['t-1 filed']);
    expect(await list('knownAt=2026-03-01T12:00:00Z&sort=complaintId')).toEqual(['t-1 assigned', 't-2 filed']);
    expect(await list('knownAt=2026-03-01T12:00:00Z&asOf=2026-02-03T10:00:00Z&sort=complaintId')).toEqual([
      't-1 filed',
      't-2 filed',
    ]);
    expect(await list('knownAt=2026-02-01T00:00:00Z')).toEqual([]);
  });

  test('filters, orders and pages are of the instant, too', async () => {
    const then = 'asOf=2026-02-05T00:00:00Z';
    expect(await list(`department=Sales&${then}`)).toEqual(['t-1 assigned']);
    expect(await list(`status=resolved&${then}`)).toEqual([]);
    // A step changes it: all are folded, then sorted.
    expect(await list(`sort=-lastAt&${then}`)).toEqual(['t-1 assigned', 't-2 acknowledged']);
    expect(await list(`sort=lastAt&${then}`)).toEqual(['t-2 acknowledged', 't-1 assigned']);
    for (const sort of ['-filedAt', '-status']) {
      const path = `/v1/complaints?source=then-shop&limit=1&sort=${sort}&${then}`;
      const page = (await server.get(path)).body;
      const next = (await server.get(`${path}&cursor=${page.nextCursor}`)).body;
      const ids = [...page.items, ...next.items].map(({ complaintId }: Record<string, string>) => complaintId);
      expect([sort, ids.toSorted(), next.nextCursor]).toEqual([sort, ['t-1', 't-2'], null]);
    }
  });

  test('one of them is, without an ETag to change it by', async () => {
    const { body, headers } = await server.get(`/v1/complaints/${first}?asOf=2026-02-05T00:00:00Z`);
    expect(body).toMatchObject({ status: 'assigned', department: 'Sales', solution: null });
    expect(body.steps).toHaveLength(2);
    expect(headers.get('etag')).toBeNull();
    expect((await server.get(`/v1/complaints/${first}?asOf=2026-01-01T00:00:00Z`)).status).toBe(404);
    // What came again with other content, dated before, did not happen.
    const other = complaint('t-1', { source: 'then-shop', occurredAt: '2026-01-01T10:00:00Z', severity: 'low' });
    expect((await server.post('/v1/complaints', other)).status).toBe(409);
    expect((await server.get(`/v1/complaints/${first}?asOf=2026-01-05T00:00:00Z`)).status).toBe(404);
    expect((await server.get(`/v1/complaints/${first}?asOf=2030-01-01T00:00:00Z`)).status).toBe(422);
  });
});
