import { ReadStoreError, type ReadStoreErrorCode } from '../errors.ts';
import { PipelineError, type PipelineErrorCode } from '../pipeline.ts';
import type { Filter, FindOptions, Pipeline } from '../port.ts';
import type { PageStart } from './queries.ts';

/** What a query thread can be asked: a method of `Queries`. */
export type QueryCall =
  | { readonly method: 'find'; readonly collection: string; readonly options: FindOptions }
  | { readonly method: 'aggregate'; readonly collection: string; readonly pipeline: Pipeline }
  | { readonly method: 'count'; readonly collection: string; readonly filter: Filter | undefined }
  | {
      readonly method: 'page';
      readonly collection: string;
      readonly options: FindOptions;
      readonly limit: number;
      readonly start: PageStart | undefined;
    }
  | { readonly method: 'release'; readonly stream: number }
  | { readonly method: 'close' };

export interface QueryRequest {
  readonly id: number;
  readonly file: string;
  readonly call: QueryCall;
}

export type QueryAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: QueryFailure };

/** An error as it crosses threads. */
export type QueryFailure =
  | { readonly kind: 'store'; readonly code: ReadStoreErrorCode; readonly message: string }
  | { readonly kind: 'pipeline'; readonly code: PipelineErrorCode; readonly pointer: string; readonly detail: string }
  | { readonly kind: 'other'; readonly message: string };

export function failureOf(error: unknown): QueryFailure {
  if (error instanceof ReadStoreError) return { kind: 'store', code: error.code, message: error.message };
  if (error instanceof PipelineError) {
    return { kind: 'pipeline', code: error.code, pointer: error.pointer, detail: error.detail };
  }
  return { kind: 'other', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function errorOf(failure: QueryFailure): Error {
  switch (failure.kind) {
    case 'store':
      return new ReadStoreError(failure.code, failure.message);
    case 'pipeline':
      return new PipelineError(failure.code, failure.pointer, failure.detail);
    default:
      return new ReadStoreError('read-store-unavailable', `a query failed: ${failure.message}`);
  }
}
