import fc from 'fast-check';
import type { FuzzRequest } from './requests.ts';

/** Does something to a request. Prints as what it does, so that a failure says it. */
export interface Harm {
  readonly name: string;
  readonly detail: unknown;
  apply(request: FuzzRequest): FuzzRequest;
}

const harm = <T>(
  name: string,
  details: fc.Arbitrary<T>,
  apply: (request: FuzzRequest, detail: T) => FuzzRequest,
): fc.Arbitrary<Harm> =>
  details.map((detail) => ({ name, detail, apply: (request: FuzzRequest) => apply(request, detail) }));

const none = harm('none', fc.constant(null), (request) => request);

const headerText = fc.oneof(
  fc.string({ maxLength: 300 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '~')),
  fc.constantFrom('', '0', '"0"', 'W/"0"', '*', '"99999999999999999999"', 'x'.repeat(9_000), '../..', '{}', '\xff\xfe'),
);
const headers = harm(
  'headers',
  fc.dictionary(
    fc.constantFrom(
      ...['idempotency-key', 'if-match', 'tenure-min-position', 'accept', 'accept-encoding', 'content-encoding'],
      ...['content-type', 'authorization', 'traceparent', 'range', 'origin', 'x-http-method-override', 'if-none-match'],
    ),
    headerText,
    { minKeys: 1, maxKeys: 3 },
  ),
  (request, more) => ({ ...request, headers: { ...request.headers, ...more } }),
);

const contentType = harm(
  'content type',
  fc.constantFrom(
    ...['text/plain', 'application/xml', 'multipart/form-data', 'multipart/form-data; boundary=x', 'application/json;'],
    ...['application/json; charset=utf-16', 'application/x-www-form-urlencoded', 'application/x-ndjson', '/', ';;;'],
    ...['application/json; charset="', 'APPLICATION/JSON', 'application/problem+json', 'application/json, text/csv'],
  ),
  (request, type) => ({ ...request, headers: { ...request.headers, 'content-type': type } }),
);

const escapes = fc.array(
  fc.constantFrom(
    ...['%00', '%0a', '%0d', '%2e%2e', '%2f', '%5c', '%ff', '%c0%af', '%ed%a0%80', '%zz', '%', '%25', '%7b', '..', ';'],
    ...['a', '0', '-', '_', '~', '%F0%9F%8D%B5', '%e4%bd%a0', '__proto__', 'constructor', 'null', '*', '$', '"', '//'],
  ),
  { minLength: 1, maxLength: 12 },
);
const path = harm('path', fc.tuple(fc.nat(), escapes, fc.boolean()), (request, [place, parts, isReplaced]) => {
  const segments = request.path.split('/');
  const at = 1 + (place % (segments.length - 1));
  segments[at] = (isReplaced ? '' : (segments[at] ?? '')) + parts.join('');
  return { ...request, path: segments.join('/') };
});

/** What a cursor is made of, and what it isn't. */
const cursors = fc.oneof(
  fc.json().map((text) => Buffer.from(text).toString('base64url')),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  fc.string(),
);
const operators = [
  '$eq',
  '$gt',
  '$lte',
  '$in',
  '$nin',
  '$exists',
  '$elemMatch',
  '$not',
  '$where',
  '$regex',
  '__proto__',
];
const fields = ['id', 'points', 'spend', 'spend.currency', 'attributes.city', 'stage', '__proto__', 'a..b', '$or', ''];
const filters = fc.letrec<{ filter: unknown; condition: unknown }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 7 },
    fc.jsonValue({ maxDepth: 2 }),
    fc.dictionary(fc.constantFrom(...operators), tie('condition'), { maxKeys: 2 }),
  ),
  filter: fc.oneof(
    { maxDepth: 7 },
    fc.dictionary(fc.constantFrom(...fields), tie('condition'), { maxKeys: 3 }),
    fc.dictionary(fc.constantFrom('$and', '$or', '$nor'), fc.array(tie('filter'), { maxLength: 3 }), { maxKeys: 1 }),
  ),
})).filter;
const instants = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom(
    '2011-02-30T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59Z',
    '0000-01-01T00:00:00Z',
    'now',
  ),
);
const parameter = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('cursor'), cursors) },
  fc.tuple(
    fc.constant('filter'),
    filters.map((filter) => JSON.stringify(filter)),
  ),
  fc.tuple(
    fc.constant('sort'),
    fc.constantFrom('-', ',', 'id', '-spend', '__proto__', 'attributes.city', 'a.b.c', 'position'),
  ),
  fc.tuple(fc.constantFrom('asOf', 'knownAt', 'from', 'to', 'lastPurchaseAt', 'filedAt'), instants),
  fc.tuple(
    fc.constant('limit'),
    fc.constantFrom('0', '1', '500', '501', '-1', '1e9', 'NaN', '9'.repeat(400), '1.5', ''),
  ),
  fc.tuple(
    fc.constantFrom('points', 'recency', 'stage', 'id', 'type', 'session', 'by', 'interval', 'order', 'unknown'),
    fc.oneof(fc.string(), fc.double().map(String)),
  ),
);
const query = harm(
  'query',
  fc.tuple(fc.array(parameter, { minLength: 1, maxLength: 2 }), fc.option(escapes, { freq: 1 })),
  (request, [parameters, rest]) => ({
    ...request,
    query: new URLSearchParams(parameters).toString() + (rest === null ? '' : `&${encodeLeast(rest.join(''))}`),
  }),
);

/** A cursor that the service has given, with other values in it. */
const knownCursor = harm(
  'known cursor',
  fc.tuple(fc.nat(), fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.array(fc.jsonValue({ maxDepth: 1 })))),
  (request, [place, value]) => {
    const parameters = new URLSearchParams(request.query);
    const cursor = parameters.get('cursor');
    if (cursor === null) return request;
    const content = contentOf(cursor);
    if (content === undefined) return request;
    const a = place % 2 === 0 ? value : content.a.with(place % content.a.length, value);
    parameters.set('cursor', Buffer.from(JSON.stringify({ ...content, a })).toString('base64url'));
    return { ...request, query: parameters.toString() };
  },
);

/** Undefined for a cursor that something was done to already. */
function contentOf(cursor: string): { readonly a: unknown[] } | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  return text.startsWith('{"v"') ? JSON.parse(text) : undefined;
}

/** Keeps what a URL must not have, as far as an HTTP client sends it. */
const encodeLeast = (text: string): string => text.replaceAll('"', '%22');

/** Text or bytes that is sent as JSON. */
const rawBody = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json({ maxDepth: 6 }),
  fc.string(),
  fc.constantFrom(
    '',
    'null',
    '[]',
    '{}',
    '"',
    '{"a":',
    '\ufeff{}',
    'NaN',
    '01',
    '1e99999',
    '-',
    '{"__proto__":{"a":1}}',
  ),
  fc.constantFrom(10_000, 60_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.constantFrom(10_000, 20_000).map((depth) => '{"a":'.repeat(depth)),
  // No UTF-8: a lone continuation, an overlong slash, half of a surrogate pair
  fc.constantFrom([0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80]).map((bytes) => Buffer.from([0x22, ...bytes, 0x22])),
);
const body = harm('body', rawBody, (request, raw) => ({
  ...request,
  headers: { 'content-type': 'application/json', ...request.headers },
  body: raw,
}));

/** Values that JSON can say and that programs stumble over, as JSON. */
const oddValue = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom(
    '1e308',
    '1e400',
    '-0',
    '0.1',
    '9007199254740993',
    '-1',
    '{}',
    '[]',
    'null',
    'true',
    '""',
    '"\\u0000"',
  ),
  fc.constantFrom(
    '"\\ud800"',
    '"\\uffff"',
    '"9999-12-31T23:59:59.999Z"',
    '"1969-01-01T00:00:00Z"',
    '"2011-02-29T25:00:00Z"',
  ),
  fc.constantFrom(200, 201, 20_001, 200_000).map((length) => JSON.stringify('茶'.repeat(length))),
  fc.constantFrom('{"__proto__":null}', '{"constructor":{"prototype":{}}}', '{"toString":1}', '[[[[[[[[[[]]]]]]]]]]'),
);
/** Puts an odd value in place of one that the body has, or beside them; on each line of a batch. */
const field = harm(
  'field',
  fc.tuple(fc.nat(), oddValue, fc.option(fc.constantFrom('__proto__', 'constructor', 'unknown', ''), { freq: 3 })),
  (request, [place, value, added]) =>
    typeof request.body === 'string'
      ? { ...request, body: request.body.replaceAll(/^.+$/gm, (line) => withOddValue(line, place, value, added)) }
      : request,
);

function withOddValue(json: string, place: number, value: string, added: string | null): string {
  const values = [...json.matchAll(/(?<=:)(?:"[^"]*"|-?\d+|true|false|null|\{\}|\{[^{}]*\}|\[[^[\]]*\])/g)];
  const target = values[place % Math.max(1, values.length)];
  if (added !== null || target === undefined) {
    return json.replace(/\}$/, `${json === '{}' ? '' : ','}${JSON.stringify(added ?? 'unknown')}:${value}}`);
  }
  return json.slice(0, target.index) + value + json.slice(target.index + target[0].length);
}

const method = harm(
  'method',
  fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'),
  (request, other) => ({ ...request, method: other }),
);

/** Nothing is done to every third request to a route; one thing or two are done to the others. */
export function harmsFor(route: string): fc.Arbitrary<readonly Harm[]> {
  const isRead = route.startsWith('GET ');
  const some = [headers, contentType, path, method, query];
  const more = isRead ? [query, query, query, query, query, knownCursor] : [body, body, field, field, field];
  return fc.oneof(
    { weight: 1, arbitrary: none.map((one) => [one]) },
    { weight: 2, arbitrary: fc.array(fc.oneof(...some, ...more), { minLength: 1, maxLength: isRead ? 1 : 2 }) },
  );
}
