import { problem } from '@tenure/contracts';
import { z } from 'zod';
import { type ProblemCode, problemKinds } from './problem-codes.ts';
import type { Route } from './route.ts';
import { createComponents, type JsonObject } from './schema-components.ts';

export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

/**
 * The OpenAPI 3.1 document of routes: made of the very schemas that check requests.
 * @param keyed whether API keys are asked for; without, they are said to be optional
 */
export function openApiDocument(routes: readonly Route[], info: ApiInfo, keyed = true): JsonObject {
  const components = createComponents();
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, { [route.method.toLowerCase()]: operation(route, components, keyed) });
  }
  return {
    openapi: '3.1.0',
    info: { ...info, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    tags: [...new Set(routes.flatMap((route) => route.tags))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components.all(),
      securitySchemes: {
        ApiKey: { type: 'http', scheme: 'bearer', description: 'An API key; X-Api-Key is read too' },
      },
    },
  };
}

type Components = ReturnType<typeof createComponents>;

function operation(route: Route, components: Components, keyed: boolean): JsonObject {
  const scopes = route.scopes === 'public' ? [] : route.scopes;
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [...route.tags],
    ...(scopes.length === 0
      ? { security: [] }
      : { security: keyed ? [{ ApiKey: [] }] : [{ ApiKey: [] }, {}], 'x-scopes': [...scopes] }),
    parameters: [
      ...parameters('path', route.params, components),
      ...parameters('query', route.query, components),
      ...headerParameters(route),
    ],
    ...requestBody(route, components),
    responses: { ...answers(route, components), ...problems(route, components) },
  };
}

function parameters(place: 'path' | 'query', schema: z.ZodType | undefined, components: Components): JsonObject[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => {
    const { description, ...rest } = parameterSchema(field, components);
    return {
      name,
      in: place,
      required: place === 'path' || !field.safeParse(undefined).success,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

/** A parameter is text that becomes a number or the like: what it becomes says more than that it was anything. */
function parameterSchema(field: z.ZodType, components: Components): JsonObject {
  const taken = components.inline(field, 'input');
  const isAnything = Object.keys(taken).every((keyword) => keyword === 'description');
  return isAnything ? { ...components.inline(field, 'output'), ...taken } : taken;
}

const visible = { type: 'string', minLength: 1, maxLength: 200, pattern: '^[\\x21-\\x7e]+$' };

function headerParameters(route: Route): JsonObject[] {
  const header = (name: string, description: string, schema: JsonObject): JsonObject => ({
    name,
    in: 'header',
    required: false,
    description,
    schema,
  });
  const list: JsonObject[] = [];
  if (route.method !== 'GET' && route.scopes !== 'public') {
    list.push(header('Idempotency-Key', 'The same key again is answered as the first time', visible));
  }
  if (route.ifMatch === true) {
    list.push(header('If-Match', 'The ETag that the change is based on', { type: 'string', pattern: '^"\\d{1,15}"$' }));
  }
  if (route.awaitsPosition === true) {
    list.push(
      header('Tenure-Min-Position', 'Waits until the view has this position, at most 5 s', {
        type: 'string',
        minLength: 1,
        maxLength: 64,
        pattern: '^[0-9A-Za-z_-]+$',
      }),
    );
  }
  return list;
}

function requestBody(route: Route, components: Components): JsonObject {
  if (route.body !== undefined) {
    const schema = components.inline(route.body, 'input');
    return { requestBody: { required: true, content: { 'application/json': { schema } } } };
  }
  if (route.bodyStream === undefined) return {};
  const { contentType, line } = route.bodyStream;
  // OpenAPI 3.1 has no word for a stream of items: the schema is that of one line.
  const schema = { type: 'string', description: 'Lines', 'x-line': components.inline(line, 'input') };
  return { requestBody: { required: true, content: { [contentType]: { schema } } } };
}

function answers(route: Route, components: Components): JsonObject {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, { description, schema, contentTypes, headers }]) => {
      const content =
        schema === null
          ? {}
          : {
              content: Object.fromEntries(
                (contentTypes ?? ['application/json']).map((type) => [
                  type,
                  { schema: type === 'application/json' ? components.inline(schema, 'output') : { type: 'string' } },
                ]),
              ),
            };
      const named = Object.entries(headers ?? {}).map(([name, text]) => [
        name,
        { description: text, schema: { type: 'string' } },
      ]);
      return [status, { description, ...(named.length > 0 ? { headers: Object.fromEntries(named) } : {}), ...content }];
    }),
  );
}

/** Problems that a route can have because of what it declares, with its own. */
function problems(route: Route, components: Components): JsonObject {
  const codes: ProblemCode[] = [
    'overloaded',
    'shutting-down',
    'timeout',
    'headers-too-large',
    ...(route.problems ?? []),
  ];
  codes.push(
    ...(route.scopes === 'public'
      ? (['wrong-host'] as const)
      : (['unauthenticated', 'forbidden', 'wrong-host'] as const)),
  );
  codes.push('not-acceptable', 'invalid', 'bad-request');
  if (route.params !== undefined) codes.push('not-found', 'uri-too-long');
  if (route.body !== undefined || route.bodyStream !== undefined) {
    codes.push('not-json', 'too-large', 'unsupported-media-type', 'request-timeout');
  }
  if (route.method !== 'GET') codes.push('store-unavailable', 'unsupported-media-type', 'request-timeout');
  if (route.ifMatch === true) codes.push('precondition-failed');
  if (route.awaitsPosition === true) codes.push('position-unknown', 'view-behind');
  const byStatus = Map.groupBy(new Set(codes), (code) => problemKinds[code].status);
  const schema = components.inline(problem, 'output');
  return Object.fromEntries(
    [...byStatus].map(([status, own]) => [
      String(status),
      {
        description: own.map((code) => `\`${code}\`: ${problemKinds[code].title}`).join('; '),
        content: { 'application/problem+json': { schema } },
        ...(status === 503 ? { headers: { 'Retry-After': { schema: { type: 'string' } } } } : {}),
      },
    ]),
  );
}
