import type { Filter, Json, Pipeline } from '../port.ts';
import { isArray, isObject } from '../values.ts';

/** The filter that a pipeline begins with, which indexes can serve, and the stages after it. */
export function splitPipeline(pipeline: Pipeline): { readonly filter: Filter | undefined; readonly rest: Pipeline } {
  const first = pipeline[0]?.$match;
  return isObject(first) ? { filter: first, rest: pipeline.slice(1) } : { filter: undefined, rest: pipeline };
}

/** The paths that a pipeline looks at; undefined if it may hand out whole documents. */
export function pathsNeeded(pipeline: Pipeline): ReadonlySet<string> | undefined {
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
        return paths;
      case '$project':
        paths.add('_id');
        addKeys(value, paths);
        addReferences(value, paths);
        return paths;
      case '$count':
        return paths;
      default:
    }
  }
  return undefined;
}

/** Whether null and a missing field come to the same in a pipeline, so that columns can stand for documents. */
export function takesNullForMissing([first = {}]: Pipeline): boolean {
  if ('$count' in first) return true;
  return '$group' in first && !mentions(first.$group ?? null, COMPARISONS);
}

const COMPARISONS: ReadonlySet<string> = new Set(['$eq', '$ne', '$gt', '$gte', '$lt', '$lte']);

function mentions(value: Json, operators: ReadonlySet<string>): boolean {
  if (isArray(value)) return value.some((part) => mentions(part, operators));
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, part]) => operators.has(key) || mentions(part, operators));
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
