import type { ServerResponse } from 'node:http';
import type { Problem as ProblemBody } from '@tenure/contracts';
import { type Problem, problemBody } from '@tenure/runtime';

/** A service that cannot be asked just now. */
export class UnavailableServiceError extends Error {
  readonly service: string;
  constructor(detail: string, options: { readonly service: string; readonly cause: unknown }) {
    super(detail, { cause: options.cause });
    this.name = 'UnavailableServiceError';
    this.service = options.service;
  }
}

const RETRY_AFTER_S = '1';

/** Answers with a problem, unless an answer was begun: that one is cut off. */
export function answerProblem(response: ServerResponse, problem: Problem | UnavailableServiceError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const isAway = 'service' in problem;
  const body = isAway ? unavailable(problem) : problemBody(problem);
  const headers = isAway ? { 'retry-after': RETRY_AFTER_S } : problem.headers;
  const text = JSON.stringify(body);
  response.writeHead(body.status, {
    ...headers,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(text),
    // What is left of the request is not waited for.
    ...(response.req.complete ? {} : { connection: 'close' }),
  });
  response.end(text);
}

function unavailable({ message, service }: UnavailableServiceError): ProblemBody {
  return {
    type: 'urn:tenure:problem:service-unavailable',
    title: 'A service cannot be reached',
    status: 503,
    detail: message,
    service,
  };
}
