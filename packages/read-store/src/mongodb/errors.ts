import { BSON, MongoInvalidArgumentError, MongoServerError } from 'mongodb';
import { ReadStoreError } from '../errors.ts';
import { FilterError } from '../filter.ts';
import { PipelineError, pipelineFailed } from '../pipeline.ts';
import { GuardMismatchError } from '../port.ts';

const EXCEEDED_TIME_LIMIT = 50;
const DUPLICATE_KEY = 11_000;
/** What the server says of a document that is too large or too deep. */
const UNFIT = new Set([15, 10_334, 17_280, 17_419, 17_420]);
/** What the server says of an expression that the documents do not allow, beside codes above this. */
const EXPRESSION_FAULTS = new Set([2, 14, 15]);
const FIRST_LOCATION = 16_000;
/** Codes of this range say that a node is none that answers at the moment, not what is wrong with a query. */
const RETRYABLE = new Set([10_107, 11_600, 11_602, 13_435, 13_436]);

/** Runs something on the driver; whatever it raises comes out as the read store's own error. */
export async function asStoreErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (reason) {
    throw storeError(reason);
  }
}

/** Runs a pipeline: that it fails on the documents is the pipeline's fault, not the engine's. */
export async function asPipelineErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (reason) {
    throw isExpressionFault(reason) ? pipelineFailed(reason) : storeError(reason);
  }
}

function storeError(reason: unknown): unknown {
  if (isOwn(reason)) return reason;
  const detail = reason instanceof Error ? reason.message : String(reason);
  if (reason instanceof MongoServerError && reason.code === EXCEEDED_TIME_LIMIT) {
    return new ReadStoreError('query-timeout', `the query took too long: ${detail}`, reason);
  }
  if (isUnfit(reason)) return new ReadStoreError('read-store-misuse', `MongoDB does not take it: ${detail}`, reason);
  return new ReadStoreError('read-store-unavailable', `MongoDB failed: ${detail}`, reason);
}

export function isDuplicateKey(reason: unknown): boolean {
  return reason instanceof MongoServerError && reason.code === DUPLICATE_KEY;
}

function isOwn(reason: unknown): boolean {
  return [ReadStoreError, FilterError, PipelineError, GuardMismatchError].some((known) => reason instanceof known);
}

function isUnfit(reason: unknown): boolean {
  if (BSON.BSONError.isBSONError(reason) || reason instanceof MongoInvalidArgumentError) return true;
  return reason instanceof MongoServerError && UNFIT.has(Number(reason.code));
}

function isExpressionFault(reason: unknown): boolean {
  if (!(reason instanceof MongoServerError)) return false;
  const code = Number(reason.code);
  return EXPRESSION_FAULTS.has(code) || (code >= FIRST_LOCATION && !RETRYABLE.has(code));
}
