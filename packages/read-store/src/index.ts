export {
  CursorError,
  type CursorErrorCode,
  decodeCursor,
  encodeCursor,
  type ListIdentity,
  versionOfCursor,
} from './cursor.ts';
export { ReadStoreError, type ReadStoreErrorCode } from './errors.ts';
export { FilterError, type FilterErrorCode, MAX_FILTER_BYTES, MAX_FILTER_DEPTH, parseFilter } from './filter.ts';
export { compileFilter, type Matcher } from './matcher.ts';
export { PipelineError, type PipelineErrorCode, parsePipeline } from './pipeline.ts';
export {
  type CollectionDefinition,
  type Document,
  type Filter,
  type FindOptions,
  type Guarded,
  type GuardedReplace,
  GuardMismatchError,
  type IndexDefinition,
  type Json,
  type Pipeline,
  type ReadStore,
  type SortKey,
  type ViewSet,
  type WriteBatch,
} from './port.ts';
export { comparePlaces, compareValues, placeOf, sortDocuments } from './sort.ts';
