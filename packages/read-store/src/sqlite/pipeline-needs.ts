import type { Filter, Json, Pipeline } from '../port.ts';
import { isArray, isObject } from '../values.ts';

/** The filter that a pipeline begins with, which indexes can serve, and the stages after it. */
export function splitPipeline(pipeline: Pipeline): { readonly filter: Filter | undefined; readonly rest: Pipeline } {
  const first = pipeline[0]?.$match;
  return isObject(first) ? { filter: first, rest: pipeline.slice(1) } : { filter: undefined, rest: pipeline };
}

/**
 * The top-level fields that a pipeline looks at; undefined if it may hand out whole documents. Only these are kept in
 * memory while it runs.
 */
export function fieldsNeeded(pipeline: Pipeline): ReadonlySet<string> | undefined {
  const paths = new Set<string>();
  for (const stage of pipeline) {
    const [[name, value] = ['', null]] = Object.entries(stage);
    switch (name) {
      case '$match':
        addFilter(value, paths);
        break;
      case '$sort':
        paths.add('_id');
        addKeys(value, paths);
        break;
      case '$unwind':
        addReferences(isObject(value) ? (value.path ?? null) : value, paths);
        break;
      case '$group':
        addReferences(value, paths);
        return roots(paths);
      case '$project':
        paths.add('_id');
        addKeys(value, paths);
        addReferences(value, paths);
        return roots(paths);
      case '$count':
        return roots(paths);
      default:
    }
  }
  return undefined;
}

function roots(paths: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...paths].map((path) => path.split('.', 1)[0] ?? path));
}

function addKeys(value: Json, paths: Set<string>): void {
  if (isObject(value)) for (const key of Object.keys(value)) paths.add(key);
}

function addFilter(filter: Json, paths: Set<string>): void {
  if (!isObject(filter)) return;
  for (const [key, value] of Object.entries(filter)) {
    if (!key.startsWith('$')) paths.add(key);
    else if (isArray(value)) for (const part of value) addFilter(part, paths);
  }
}

/** All that is written "$field". A literal text may be taken for one, which does no harm. */
function addReferences(value: Json, paths: Set<string>): void {
  if (typeof value === 'string' && value.startsWith('$')) paths.add(value.slice(1));
  else if (isArray(value)) for (const part of value) addReferences(part, paths);
  else if (isObject(value)) for (const part of Object.values(value)) addReferences(part, paths);
}
