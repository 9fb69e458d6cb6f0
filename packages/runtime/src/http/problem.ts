import type { Problem as ProblemBody, ProblemField } from '@tenure/contracts';
import { isProblemCode, isRetryable, type ProblemCode, problemKinds } from './problem-codes.ts';

export interface ProblemOptions {
  readonly errors?: readonly ProblemField[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An answer that is an error. Thrown by handlers, told to the client as RFC 9457 has it. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: readonly ProblemField[];
  readonly headers: Readonly<Record<string, string>>;
  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.status = problemKinds[code].status;
    this.errors = options.errors ?? [];
    this.headers = { ...(isRetryable(code) ? { 'retry-after': '1' } : {}), ...options.headers };
  }
}

/**
 * The body of a problem's answer, and of an error within a batch's answer.
 * @param requestId names this occurrence, to be found in the log
 */
export function problemBody(problem: Problem, requestId?: string): ProblemBody {
  return {
    type: `urn:tenure:problem:${problem.code}`,
    title: problemKinds[problem.code].title,
    status: problem.status,
    detail: problem.message,
    ...(problem.errors.length > 0 ? { errors: [...problem.errors] } : {}),
    ...(requestId === undefined ? {} : { instance: `urn:tenure:request:${requestId}` }),
  };
}

/** A decider's no as a problem. A code that HTTP has no word for contradicts the state, hence a conflict. */
export function rejectionProblem(rejection: {
  readonly code: string;
  readonly detail: string;
  readonly pointer?: string;
}): Problem {
  const code = isProblemCode(rejection.code) ? rejection.code : 'conflict';
  const { pointer, detail } = rejection;
  return new Problem(code, detail, pointer === undefined ? {} : { errors: [{ pointer, detail }] });
}
