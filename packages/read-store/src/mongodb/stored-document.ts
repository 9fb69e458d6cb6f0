import { ReadStoreError } from '../errors.ts';
import type { Document, Guarded, Json } from '../port.ts';

/** The field of a stored document that holds its guard. No document of a caller may have one of that name. */
export const GUARD = '_guard';

/** A document as MongoDB keeps it. */
export interface StoredDocument {
  readonly _id: string;
  readonly [GUARD]: string;
  readonly [field: string]: Json | undefined;
}

/** MongoDB takes no deeper ones. */
const MAX_DEPTH = 100;

/**
 * A document as it is stored, and the dot paths of its arrays, those within others included (`lines.tags`).
 * @throws {ReadStoreError} `read-store-misuse` for what JSON can say and BSON or a dot path cannot
 */
export function toStored(document: Document, guard: string, arrays: (path: string) => void): StoredDocument {
  const plain: Document = plainJson(document) ? document : JSON.parse(JSON.stringify(document));
  const { _id: id, ...fields } = plain;
  if (Object.hasOwn(fields, GUARD)) throw misuse(id, `it has a field ${GUARD}`);
  for (const [name, value] of Object.entries(fields)) {
    checkName(name, id);
    visit(value, name, 1);
  }
  return { _id: id, [GUARD]: guard, ...fields };

  function visit(value: unknown, path: string, depth: number): void {
    if (typeof value === 'string') {
      if (!value.isWellFormed()) throw misuse(id, 'its texts must be well-formed Unicode');
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (depth > MAX_DEPTH) throw misuse(id, `it nests more than ${MAX_DEPTH} deep`);
    if (Array.isArray(value)) {
      arrays(path);
      for (const item of value) visit(item, path, depth + 1);
      return;
    }
    for (const [name, inner] of Object.entries(value)) {
      checkName(name, id);
      if (typeof inner === 'string' || typeof inner === 'object') visit(inner, `${path}.${name}`, depth + 1);
    }
  }
}

/** A stored document and its guard. */
export function fromStored<D extends Document>(stored: StoredDocument): Guarded<D> {
  const { [GUARD]: guard, ...document } = stored;
  return { document: document as Document as D, guard };
}

/** Whether a value is what `JSON.parse` would give of its own JSON text: no -0, NaN, undefined, Date or the like. */
function plainJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(plainJson);
      return !('toJSON' in value) && Object.values(value).every(plainJson);
    default:
      return false;
  }
}

/** A name with a dollar would be an operator somewhere, and no filter could ask for it. */
function checkName(name: string, id: string): void {
  if (name.startsWith('$') || name.includes('\0') || !name.isWellFormed()) {
    throw misuse(id, `it has a field ${JSON.stringify(name)}`);
  }
}

function misuse(id: string, detail: string): ReadStoreError {
  return new ReadStoreError('read-store-misuse', `the document ${JSON.stringify(id)} cannot be stored: ${detail}`);
}
