export {
  CursorError,
  type CursorErrorCode,
  decodeCursor,
  encodeCursor,
  type ListIdentity,
} from './cursor.ts';
export { ReadStoreError, type ReadStoreErrorCode } from './errors.ts';
export { FilterError, type FilterErrorCode, parseFilter } from './filter.ts';
export { compileFilter, type Matcher } from './matcher.ts';
export type { PipelineErrorCode } from './pipeline.ts';
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
export { placeOf, sortDocuments } from './sort.ts';
