import { draftOf, whatIfRequest } from './drafts.ts';
import type { World } from './world.ts';

/** What is sent, before anything is done to it. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: none is sent. */
  readonly body?: string | Uint8Array;
}

/** Bodies of one writing route: each call makes another fact. */
type MakeBody = (n: number, world: World) => object;

const at = '2011-01-18T10:01:00Z';
const customer = { source: 'web-shop', key: '17850' };
const about = { source: 'web-shop', occurredAt: at, customer };
const line = { lineId: '1', productId: 'teapot', quantity: 2, amountMinor: 1_990 };
const attributes = { city: { value: 'Shanghai', source: 'survey', observedAt: at } };

const whatIfRoute = 'POST /v1/audit/what-if';

const bodies: Readonly<Record<string, MakeBody>> = {
  'POST /v1/customers': (n) => ({ customer: { ...customer, key: `new-${n}` }, kind: 'person', attributes }),
  'PATCH /v1/customers/{id}': () => ({ attributes, keyAccount: true }),
  'POST /v1/customers/{id}/links': (n) => ({ customer: { ...customer, key: `other-${n}` } }),
  'POST /v1/purchases': (n) => ({ ...about, orderId: `o-${n}`, currency: 'GBP', lines: [line] }),
  'POST /v1/refunds': (n) => ({ ...about, refundId: `r-${n}`, currency: 'GBP', lines: [line] }),
  'POST /v1/contacts': (n) => ({ ...about, contactId: `c-${n}`, channel: 'bot', direction: 'in', kind: 'review' }),
  'POST /v1/follow-ups': (n) => ({ ...about, followUpId: `f-${n}`, channel: 'phone', dueAt: '2011-02-01T00:00:00Z' }),
  'POST /v1/surveys': (n) => {
    const { source, occurredAt: sentAt } = about;
    return { source, sentAt, customer, invitationId: `i-${n}`, kind: 'ces', channel: 'email' };
  },
  'POST /v1/survey-responses': (n, { invitations }) => ({
    ...invitations[n % invitations.length],
    answeredAt: at,
    score: 9,
    comment: '很好',
  }),
  'POST /v1/purchases/{source}/{orderId}/claim': () => ({ customer }),
  'POST /v1/follow-ups/{id}/move': () => ({ dueAt: '2011-03-01T00:00:00Z', occurredAt: at }),
  'POST /v1/follow-ups/{id}/done': () => ({ outcome: 'All well', satisfaction: 4 }),
  'POST /v1/follow-ups/{id}/miss': () => ({}),
  'POST /v1/imports': (n) => ({ name: 'a file', fingerprint: `fingerprint-${n}` }),
  'POST /v1/complaints': (n) => ({ ...about, complaintId: `k-${n}`, channel: 'web', severity: 'high', content: '!' }),
  'POST /v1/complaints/{id}/acknowledge': () => ({}),
  'POST /v1/complaints/{id}/assign': () => ({ department: 'Repairs' }),
  'POST /v1/complaints/{id}/analyse': () => ({ cause: 'glue', responsibleDepartment: 'Works' }),
  'POST /v1/complaints/{id}/resolve': () => ({ solution: 'Another one' }),
  'POST /v1/complaints/{id}/follow-up': () => ({ solved: true, satisfaction: 5 }),
  'POST /v1/complaints/{id}/close': () => ({}),
  'POST /v1/audit/rebuilds': () => ({ view: 'customers' }),
  'POST /v1/audit/verifications': () => ({ sample: 2, heal: true }),
  'POST /v1/complaints/{id}/reopen': () => ({ reason: 'It leaks again' }),
  'POST /v1/policies': (n) => ({ document: draftOf(2 + (n % 5)) }),
  [whatIfRoute]: () => whatIfRequest.body,
  'POST /v1/audit/what-if/{id}/publish': () => ({}),
};

/** The nth request to a route (`POST /v1/complaints/{id}/close`) that it accepts. */
export function acceptable(world: World, route: string, n: number): FuzzRequest {
  const [method = '', template = ''] = route.split(' ');
  const entities = world.entities[route] ?? [];
  const entity = entities[n % entities.length] ?? {};
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(entity[name] ?? ''));
  const queries = world.queries[route] ?? [{}];
  const query = new URLSearchParams(queries[n % queries.length]).toString();
  if (route === 'POST /v1/facts/batch') {
    const facts = ['purchase', 'refund', 'contact', 'follow-up', 'survey', 'complaint'].map((type) =>
      JSON.stringify({ type, ...bodies[`POST /v1/${type}s`]?.(n + 1_000_000, world) }),
    );
    const headers = { 'content-type': 'application/x-ndjson' };
    return { method, path, query, headers, body: `${facts.join('\n')}\n` };
  }
  const make = bodies[route];
  if (make === undefined) return { method, path, query, headers: {} };
  const key = route === whatIfRoute ? { 'idempotency-key': whatIfRequest.key } : {};
  const headers = { 'content-type': 'application/json', ...key };
  return { method, path, query, headers, body: JSON.stringify(make(n, world)) };
}
