import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStandalone } from '@tenure/standalone';
import { type Body, until } from '../support/running.ts';
import { whatIfRequest } from './drafts.ts';

/** Long before anything that is sent later, so that no step on an entity comes too early. */
const correlationId = 'a-story.of_its-own';
const traceId = 'a'.repeat(32);
const THEN = '1970-01-01T00:00:00Z';

/** The product with entities in it that requests can be about, each as its paths name it. */
export interface World {
  readonly url: string;
  /** The document that it answers at /openapi.json. */
  readonly document: Body;
  /** Of a path with parameters, `POST /v1/complaints/{id}/close`: entities for which the route can do what it does. */
  readonly entities: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
  /** Of a list: query parameters that it takes. */
  readonly queries: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
  /** Invitations that nobody has answered. */
  readonly invitations: readonly { readonly source: string; readonly invitationId: string }[];
  /** A position that the log has. */
  readonly position: string;
  stop(): Promise<void>;
}

/** Starts all services on a new store and makes `count` entities for each route that changes one. */
export async function startWorld(count: number): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-fuzz-'));
  // Answers that are not as declared become a 500.
  const running = await startStandalone({
    // All imports are opened at once.
    env: { TENURE_PORT: '0', TENURE_DATA: directory, TENURE_LOG_LEVEL: 'fatal', TENURE_MAX_CONCURRENCY: '1000' },
    checkAnswers: true,
  });
  const { url, context } = running;
  const send = async (path: string, body?: unknown, type = 'application/json'): Promise<string> => {
    const text = type === 'application/json' ? JSON.stringify(body) : String(body);
    const answer = await fetch(url + path, {
      ...(body === undefined ? {} : { method: 'POST', headers: { 'content-type': type }, body: text }),
    });
    if (!answer.ok) throw new Error(`${path} is answered ${answer.status}: ${await answer.text()}`);
    return answer.text();
  };
  const times = <T>(make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
  const facts = async (make: (n: number) => object): Promise<Body[]> => {
    const lines = times((n) => JSON.stringify(make(n))).join('\n');
    const answers = (await send('/v1/facts/batch', lines, 'application/x-ndjson')).trim().split('\n');
    const parsed = answers.map((line) => JSON.parse(line) as Body);
    for (const answer of parsed) if (answer.status !== 202) throw new Error(JSON.stringify(answer));
    return parsed;
  };
  const fact = (key: string, id: object) => ({
    source: 'seeds',
    occurredAt: THEN,
    customer: { source: 'seeds', key },
    channel: 'phone',
    ...id,
  });
  const purchases = (name: string, isKnown: boolean) =>
    facts((n) => ({
      ...fact(`${name}-${n}`, { orderId: `${name}-${n}` }),
      ...(isKnown ? {} : { customer: null }),
      type: 'purchase',
      currency: 'GBP',
      lines: [{ lineId: '1', productId: 'teapot', quantity: 1, amountMinor: 1_000 }],
    }));
  const complaints = async (name: string, isResolved = false) => {
    const filed = await facts((n) => ({
      ...fact(name, { complaintId: `${name}-${n}` }),
      type: 'complaint',
      severity: 'low',
      content: 'It leaks',
    }));
    const ids = filed.map(({ id }): { id: string } => ({ id }));
    if (isResolved) {
      for (const { id } of ids) {
        await send(`/v1/complaints/${id}/resolve`, { occurredAt: THEN, solution: 'A new one' });
      }
    }
    return ids;
  };
  const followUps = async (name: string) => {
    const planned = await facts((n) => ({
      ...fact(name, { followUpId: `${name}-${n}` }),
      type: 'follow-up',
      dueAt: THEN,
    }));
    return planned.map(({ id }): { id: string } => ({ id }));
  };
  const imports = async (name: string) => {
    const opened = await Promise.all(
      times((n) => send('/v1/imports', { name: `${name}-${n}`, fingerprint: `${name}-${n}-0123456789` })),
    );
    return opened.map((text) => ({ id: (JSON.parse(text) as { id: string }).id }));
  };
  /** Events of a type that nobody can read, each of another customer. */
  const parked = async () => {
    const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);
    const traceparent = `00-${traceId}-${'b'.repeat(16)}-01`;
    const metadata = { actor: 'fuzz', service: 'interaction', commandId: hash('command'), correlationId, traceparent };
    await context.store.append(
      times((n) => [
        {
          stream: `purchase-${hash(`stream ${n}`)}`,
          expected: 'absent' as const,
          events: [
            {
              id: hash(`event ${n}`),
              type: 'PurchaseDreamt',
              version: 1,
              customerId: hash(`customer ${n}`),
              occurredAt: 0,
              data: {},
              metadata: { ...metadata, causationId: hash('cause') },
            },
          ],
        },
      ]),
    );
    await until(() => context.views.parks.length >= count);
    return context.views.parks.map(({ id }) => ({ id }));
  };

  const whatIf = async (key: string): Promise<{ id: string }> => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const body = JSON.stringify(whatIfRequest.body);
    const answer = await fetch(`${url}/v1/audit/what-if`, { method: 'POST', headers, body });
    return { id: ((await answer.json()) as { id: string }).id };
  };

  /** A job that has ended. */
  const job = async (kind: 'rebuilds' | 'verifications', body: object) => {
    const { id } = JSON.parse(await send(`/v1/audit/${kind}`, body)) as { id: string };
    const ended = async () => (JSON.parse(await send(`/v1/audit/${kind}/${id}`)) as { endedAt: unknown }).endedAt;
    await until(async () => (await ended()) !== null);
    return [{ id }];
  };

  const bought = await purchases('known', true);
  const customers = bought.map(({ customerId }): { id: string } => ({ id: customerId }));
  const anonymous = await purchases('anonymous', false);
  const named = times((n) => ({ source: 'seeds', orderId: `known-${n}` }));
  const asked = times((n) => ({ source: 'seeds', invitationId: `asked-${n}` }));
  await facts((n) => {
    const { occurredAt: sentAt, ...invitation } = fact('asked', { invitationId: `asked-${n}` });
    return { ...invitation, type: 'survey', kind: 'nps', sentAt };
  });
  const parks = await parked();
  const position: string = bought.at(-1)?.position ?? '';
  const open = await imports('open');
  const filed = await complaints('filed');
  const resolvable = {
    'POST /v1/complaints/{id}/follow-up': await complaints('to-follow-up', true),
    'POST /v1/complaints/{id}/close': await complaints('to-close', true),
    'POST /v1/complaints/{id}/reopen': await complaints('to-reopen', true),
  };
  const tried = [await whatIf(whatIfRequest.key)];
  const given = [await whatIf('given-up')];
  for (const { id } of given) await send(`/v1/audit/what-if/${id}/cancel`, {});
  await context.views.reached((await context.store.head()) ?? '', AbortSignal.timeout(60_000));
  const rebuilt = await job('rebuilds', { view: 'all' });
  const verified = await job('verifications', { sample: 1 });
  const cursorOf = async (path: string) => (JSON.parse(await send(path)) as { nextCursor: string }).nextCursor;
  return {
    url,
    document: JSON.parse(await send('/openapi.json')) as Body,
    entities: {
      'PATCH /v1/customers/{id}': customers,
      'GET /v1/customers/{id}': customers,
      'POST /v1/customers/{id}/links': customers,
      'GET /v1/customers/{id}/timeline': customers,
      'GET /v1/audit/customers/{id}/history': customers,
      'GET /v1/audit/customers/{id}/state': customers,
      'GET /v1/audit/customers/{id}/why': customers,
      'GET /v1/audit/customers/{id}/diff': customers,
      'GET /v1/audit/customers/{id}/restatements': customers,
      'GET /v1/audit/correlations/{id}': [{ id: correlationId }],
      'GET /v1/audit/traces/{traceId}': [{ traceId }],
      'GET /v1/audit/what-if/{id}': tried,
      'POST /v1/audit/what-if/{id}/publish': tried,
      'POST /v1/audit/what-if/{id}/cancel': given,
      'GET /v1/loyalty/{customerId}': customers.map(({ id }) => ({ customerId: id })),
      'GET /v1/customers/by-key/{source}/{key}': times((n) => ({ source: 'seeds', key: `known-${n}` })),
      'GET /v1/purchases/{source}/{orderId}': named,
      'POST /v1/purchases/{source}/{orderId}/claim': anonymous.map((_, n) => ({
        source: 'seeds',
        orderId: `anonymous-${n}`,
      })),
      'POST /v1/follow-ups/{id}/move': await followUps('to-move'),
      'POST /v1/follow-ups/{id}/done': await followUps('to-do'),
      'POST /v1/follow-ups/{id}/miss': await followUps('to-miss'),
      'POST /v1/imports/{id}/close': await imports('to-close'),
      'GET /v1/imports/{id}': open,
      'POST /v1/facts/batch': open,
      'GET /v1/complaints/{id}': filed,
      'POST /v1/complaints/{id}/acknowledge': await complaints('to-acknowledge'),
      'POST /v1/complaints/{id}/assign': await complaints('to-assign'),
      'POST /v1/complaints/{id}/analyse': await complaints('to-analyse'),
      'POST /v1/complaints/{id}/resolve': await complaints('to-resolve'),
      ...resolvable,
      'GET /v1/audit/rebuilds/{id}': rebuilt,
      'POST /v1/audit/rebuilds/{id}/cancel': rebuilt,
      'POST /v1/audit/rebuilds/{id}/switch-back': rebuilt,
      'POST /v1/audit/rebuilds/{id}/drop': rebuilt,
      'GET /v1/audit/verifications/{id}': verified,
      'POST /v1/audit/verifications/{id}/cancel': verified,
      // The second half is dropped, the first stays.
      'GET /v1/parked/{id}': parks.slice(0, count / 2),
      'POST /v1/parked/{id}/replay': parks.slice(0, count / 2),
      'POST /v1/parked/{id}/drop': parks.slice(count / 2),
    },
    queries: {
      'GET /v1/customers': [
        {},
        { filter: '{"$or":[{"points":{"$gte":10}},{"stage":{"$in":["new","loyal"]}}]}', sort: '-points,id' },
        { sort: '-lastPurchaseAt', cursor: await cursorOf('/v1/customers?limit=3&sort=-lastPurchaseAt') },
      ],
      'GET /v1/complaints': [
        {},
        { filter: '{"$and":[{"open":true},{"severity":{"$ne":"high"}}]}', sort: 'filedAt' },
        { cursor: await cursorOf('/v1/complaints?limit=3') },
      ],
      'GET /v1/conflicts': [{}, { filter: '{"kind":{"$exists":true}}', sort: '-recordedAt' }],
      'GET /v1/parked': [{}, { sort: '-parkedAt' }, { cursor: await cursorOf('/v1/parked?limit=3') }],
      'GET /v1/policies': [{}, { policy: 'lifecycle', sort: '-version' }],
      'GET /v1/customers/{id}/timeline': [{}, { type: 'PurchaseRecorded' }],
      'GET /v1/audit/customers/{id}/history': [{}, { order: 'content' }],
      'GET /v1/audit/customers/{id}/why': [{ field: 'stage' }, { field: 'points' }],
      'GET /v1/audit/customers/{id}/diff': [{ from: '2020-01-01T00:00:00Z', to: '2021-01-01T00:00:00Z' }],
      'POST /v1/facts/batch': [{}, { session: open[0]?.id ?? '' }],
    },
    invitations: asked,
    position,
    async stop() {
      await running.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
