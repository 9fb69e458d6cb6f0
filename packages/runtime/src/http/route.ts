import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Origin } from './origin.ts';
import type { ProblemCode } from './problem-codes.ts';
import { parsePart, refuseParameters } from './validate.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What one request may cost. */
export interface RouteLimits {
  /** Largest body; 0 where there is none; of a streamed body, the longest line. */
  readonly bodyBytes: number;
  /** Until the answer; `stream` for an answer that is as long as its reader likes. At most TENURE_TIMEOUT_MS. */
  readonly timeoutMs: number | 'stream';
  /** Requests of this route at work at once; absent: as many as the server allows in all. */
  readonly concurrency?: number;
  /** Let in however much is at work, as what watches over the process has to be. */
  readonly underLoad?: 'served';
}

/** One possible answer. Its media type is JSON unless `contentTypes` says otherwise, the first being the default. */
export interface ResponseDefinition<S extends z.ZodType | null = z.ZodType | null> {
  readonly description: string;
  /** Of the JSON body, or of one line of NDJSON; null for none. */
  readonly schema: S;
  readonly contentTypes?: readonly string[];
  /** Headers of the answer and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Responses = Readonly<Record<number, ResponseDefinition>>;
type Schema = z.ZodType | undefined;
type OutputOf<S extends Schema> = S extends z.ZodType ? z.output<S> : undefined;

/** What a handler gets: the parts of the request, checked. */
export interface RouteRequest<
  P extends Schema = undefined,
  Q extends Schema = undefined,
  B extends Schema = undefined,
> {
  readonly params: OutputOf<P>;
  readonly query: OutputOf<Q>;
  readonly body: OutputOf<B>;
  /** Who asks, and the ids that what they cause is to carry. */
  readonly origin: Origin;
  /** The media type to answer with, out of those declared. */
  readonly contentType: string;
  /** The body as it comes; only for `bodyStream` routes. */
  readonly stream: Readable | undefined;
  /** Aborts when the time is up, the client has gone, or the service shuts down. */
  readonly signal: AbortSignal;
}

/** Headers of an answer; undefined ones are left out. */
export type AnswerHeaders = Readonly<Record<string, string | undefined>>;

/** An answer ready to be sent: text (made by hand or by JSON.stringify), or a stream that the reader's pace holds back. */
export interface RawAnswer {
  readonly status: number;
  readonly headers?: AnswerHeaders;
  readonly contentType?: string;
  readonly text?: string;
  readonly stream?: Readable;
}

type BodyOf<D extends ResponseDefinition> = D['schema'] extends z.ZodType ? z.input<D['schema']> : undefined;

/** What a handler answers with one of the statuses declared: a body by the schema, or what is ready to be sent. */
export type Answer<R extends Responses, S extends keyof R & number = keyof R & number> =
  | { readonly status: S; readonly headers?: AnswerHeaders; readonly body: BodyOf<R[S]> }
  | { readonly status: S; readonly headers?: AnswerHeaders; readonly contentType?: string; readonly text: string }
  | { readonly status: S; readonly headers?: AnswerHeaders; readonly contentType?: string; readonly stream: Readable }
  | { readonly status: S; readonly headers?: AnswerHeaders; readonly body?: undefined };

export interface RouteDefinition<
  P extends Schema,
  Q extends Schema,
  B extends Schema,
  R extends Responses,
  S extends keyof R & number = keyof R & number,
> {
  readonly method: Method;
  /** As in OpenAPI: `/v1/purchases/{source}/{orderId}`. */
  readonly path: string;
  /** Unique, camelCase; what a generated client calls the operation. */
  readonly operationId: string;
  /** One line. */
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  /** What an API key must be allowed, all of it, such as `facts:write`; `public` needs no key. */
  readonly scopes: readonly string[] | 'public';
  readonly limits: RouteLimits;
  readonly params?: P;
  /** Values come as text; an unknown or repeated parameter is refused by a strict object. */
  readonly query?: Q;
  readonly body?: B;
  /** Media type of a body that the handler reads as it comes, instead of `body`; the schema is that of a line. */
  readonly bodyStream?: { readonly contentType: string; readonly line: z.ZodType };
  readonly responses: R;
  /** Problems of its own, for the document; those that every route has are added. */
  readonly problems?: readonly ProblemCode[];
  /** A read of the views: waits for the position that `Tenure-Min-Position` names. */
  readonly awaitsPosition?: boolean;
  /** Takes `If-Match` with the revision. */
  readonly ifMatch?: boolean;
  /** Must be quick for what is frequent: runs on the thread that serves everyone. */
  readonly handler: (request: RouteRequest<P, Q, B>) => Answer<R, S> | Promise<Answer<R, S>>;
}

/** What the server hands to a route: parts as they came. */
export interface RawRequest {
  readonly params: unknown;
  readonly query: object;
  readonly body: unknown;
  readonly stream: Readable | undefined;
  readonly origin: Origin;
  readonly contentType: string;
  /** Makes a signal only for a handler that asks for it. */
  readonly flight: { readonly signal: AbortSignal };
}

/** A route whose types have done their work. */
export interface Route extends Omit<RouteDefinition<Schema, Schema, Schema, Responses>, 'handler'> {
  /** @throws {Problem} `invalid` before the handler is called */
  readonly handle: (raw: RawRequest) => HandledAnswer | Promise<HandledAnswer>;
}

export type HandledAnswer = RawAnswer & { readonly body?: unknown };

/** Declares a route. Everything in it but the handler ends up in the OpenAPI document. */
export function defineRoute<
  const R extends Responses,
  P extends Schema = undefined,
  Q extends Schema = undefined,
  B extends Schema = undefined,
  S extends keyof R & number = keyof R & number,
>(definition: RouteDefinition<P, Q, B, R, S>): Route {
  const { handler, params, query, body, ...rest } = definition;
  return {
    ...rest,
    params,
    query,
    body,
    handle(raw) {
      if (query === undefined) refuseParameters(raw.query);
      return handler(new CheckedRequest<P, Q, B>(raw, params, query, body));
    },
  };
}

/** The parsed parts beside those that need no parsing. The others stay behind getters: most handlers never ask. */
class CheckedRequest<P extends Schema, Q extends Schema, B extends Schema> implements RouteRequest<P, Q, B> {
  readonly params: OutputOf<P>;
  readonly query: OutputOf<Q>;
  readonly body: OutputOf<B>;
  readonly #raw: RawRequest;
  constructor(raw: RawRequest, params: Schema, query: Schema, body: Schema) {
    this.#raw = raw;
    this.params = (params === undefined ? undefined : parsePart('path', params, raw.params)) as OutputOf<P>;
    this.query = (query === undefined ? undefined : parsePart('query', query, raw.query)) as OutputOf<Q>;
    this.body = (body === undefined ? undefined : parsePart('body', body, raw.body)) as OutputOf<B>;
  }
  get origin(): Origin {
    return this.#raw.origin;
  }
  get contentType(): string {
    return this.#raw.contentType;
  }
  get stream(): Readable | undefined {
    return this.#raw.stream;
  }
  get signal(): AbortSignal {
    return this.#raw.flight.signal;
  }
}
