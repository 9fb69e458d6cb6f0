import { createHash } from 'node:crypto';
import type { Filter, Json, SortKey } from './port.ts';

/** What a list is of: a cursor of one list is refused by all others. */
export interface ListIdentity {
  readonly collection: string;
  readonly filter?: Filter;
  readonly sort?: readonly SortKey[];
}

export type CursorErrorCode =
  /** It is no cursor of ours. */
  | 'cursor-invalid'
  /** It belongs to another collection, filter or sort. */
  | 'cursor-of-another-list'
  /** It belongs to a version of the views that is not the one asked. */
  | 'cursor-expired';

/** Raised for a cursor that does not continue the list it is given for. */
export class CursorError extends Error {
  readonly code: CursorErrorCode;
  constructor(code: CursorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CursorError';
    this.code = code;
  }
}

interface CursorContent {
  /** The version of the views. */
  readonly v: string;
  /** Hash of the list's identity. */
  readonly h: string;
  /** The last row's values of the sort fields, then its `_id`. */
  readonly a: readonly Json[];
}

/** An opaque text from which a list goes on after a row (`placeOf`). */
export function encodeCursor(version: string, list: ListIdentity, after: readonly Json[]): string {
  const content: CursorContent = { v: version, h: hashOf(list), a: after };
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/**
 * The `after` of a cursor.
 * @throws {CursorError}
 */
export function decodeCursor(cursor: string, version: string, list: ListIdentity): readonly Json[] {
  const { v, h, a } = contentOf(cursor);
  if (h !== hashOf(list)) throw new CursorError('cursor-of-another-list', 'the cursor belongs to another list');
  if (v !== version) throw new CursorError('cursor-expired', 'the views were rebuilt since; begin the list again');
  if (a.length !== (list.sort?.length ?? 0) + 1 || typeof a.at(-1) !== 'string') throw noCursor();
  return a;
}

/**
 * The version of the views that a cursor belongs to, which may still be there.
 * @throws {CursorError}
 */
export function versionOfCursor(cursor: string): string {
  return contentOf(cursor).v;
}

function contentOf(cursor: string): CursorContent {
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) throw noCursor();
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw noCursor(cause);
  }
  if (!isContent(content)) throw noCursor();
  return content;
}

function isContent(value: unknown): value is CursorContent {
  if (typeof value !== 'object' || value === null) return false;
  const { v, h, a } = value as Partial<Record<keyof CursorContent, unknown>>;
  return typeof v === 'string' && typeof h === 'string' && Array.isArray(a);
}

function hashOf({ collection, filter = {}, sort = [] }: ListIdentity): string {
  const identity = JSON.stringify([collection, filter, sort.map(({ field, direction }) => [field, direction])]);
  return createHash('sha256').update(identity).digest('base64url').slice(0, 16);
}

function noCursor(cause?: unknown): CursorError {
  return new CursorError('cursor-invalid', 'not a cursor', { cause });
}
