export type ReadStoreErrorCode =
  /** There is no such version. */
  | 'view-version-unknown'
  /** The version's name has other characters than letters, digits, dot, hyphen and underscore. */
  | 'view-version-invalid'
  /** The version is the current one, or open. */
  | 'view-version-in-use'
  /** Another process or thread writes this version. */
  | 'read-store-locked'
  /** The version's file was made by another release, or is damaged: rebuild it. */
  | 'view-rebuild-needed'
  /** The collection was not declared. */
  | 'collection-unknown'
  /** A document, id, sort or `after` that no adapter could take. */
  | 'read-store-misuse'
  /** A reader was asked to write. */
  | 'read-only'
  /** The query took longer than it may. */
  | 'query-timeout'
  /** The store is closed, or its engine failed; a later try may do. */
  | 'read-store-unavailable';

/** Raised by every adapter of the read store; `code` is stable. */
export class ReadStoreError extends Error {
  readonly code: ReadStoreErrorCode;
  constructor(code: ReadStoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ReadStoreError';
    this.code = code;
  }
}
