import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from './problem.ts';

/** Who sent a request, and what ties its consequences together. */
export interface Origin {
  /** Id of the API key; `local` without keys. */
  readonly actor: string;
  /** Made for this request, 32 hex digits. */
  readonly requestId: string;
  /** The client's `X-Correlation-Id`, else the request's id. */
  readonly correlationId: string;
  /** W3C trace context, if the request is traced. */
  readonly traceparent: string | undefined;
  /** `Idempotency-Key`, 1 to 200 visible ASCII characters. */
  readonly idempotencyKey: string | undefined;
  /** The revision that `If-Match` names; -1, which nothing has, for a tag that is none of ours. */
  readonly ifMatch: number | undefined;
}

const visible = /^[\x21-\x7e]{1,200}$/;
/** Version ff, and ids of zeros alone, are not valid: they would tie together what has nothing in common. */
const traceContext = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** @throws {Problem} `invalid`, naming the header */
export function readOrigin(headers: IncomingHttpHeaders, actor: string, requestId: string, traced?: string): Origin {
  const correlationId = visibleHeader(headers, 'x-correlation-id') ?? requestId;
  const idempotencyKey = visibleHeader(headers, 'idempotency-key');
  const ifMatch = headers['if-match'] === undefined ? undefined : readIfMatch(headers['if-match']);
  const given = headers.traceparent;
  const traceparent = traced ?? (typeof given === 'string' && isTraceparent(given) ? given : undefined);
  return { actor, requestId, correlationId, traceparent, idempotencyKey, ifMatch };
}

/** Whether it is a W3C trace context. */
export function isTraceparent(text: string): boolean {
  return traceContext.test(text);
}

// One random part a process and a counter: as unique as a random id, for less.
const processPart = randomBytes(8).toString('hex');
let requestsMade = 0;

/** 32 hex digits that nothing else has. */
export function newRequestId(): string {
  requestsMade++;
  return processPart + requestsMade.toString(16).padStart(16, '0');
}

/** An entity tag of a revision. */
export function entityTag(revision: number): string {
  return `"${revision}"`;
}

function visibleHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && visible.test(value)) return value;
  throw headerProblem(name, 'must be 1 to 200 visible ASCII characters');
}

/** One strong tag; `*` matches whatever is there. */
function readIfMatch(value: string): number | undefined {
  const text = value.trim();
  if (text === '*') return undefined;
  if (!/^(W\/)?"[\x21\x23-\x7e]*"$/.test(text)) throw headerProblem('If-Match', 'must be one entity tag such as "3"');
  const revision = /^"(0|[1-9]\d{0,14})"$/.exec(text)?.[1];
  return revision === undefined ? -1 : Number(revision);
}

function headerProblem(header: string, detail: string): Problem {
  return new Problem('invalid', 'A header of the request is not valid', {
    errors: [{ pointer: `/${header}`, detail: `${detail} (in the headers)` }],
  });
}
