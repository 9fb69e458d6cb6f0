import type { ProblemField } from '@tenure/contracts';
import type { z } from 'zod';
import { Problem } from './problem.ts';

const MOST_ERRORS = 20;

type Issue = z.core.$ZodIssue;

/** The part of a request that a schema is for. */
export type Part = 'body' | 'query' | 'path' | 'header';

/** Parses a part of a request. @throws {Problem} `invalid`, naming each field */
export function parsePart<S extends z.ZodType>(part: Part, schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(part, result.error.issues);
}

/** @throws {Problem} `invalid` if there are parameters although none are declared */
export function refuseParameters(query: object): void {
  const names = Object.keys(query);
  if (names.length === 0) return;
  const errors = names.slice(0, MOST_ERRORS).map((name) => at('query', [name], 'is not known here'));
  throw new Problem('invalid', 'The query has unknown parameters', { errors });
}

/** One error a field that issues name. */
function fieldErrors(part: Part, issues: readonly Issue[]): readonly ProblemField[] {
  const errors: ProblemField[] = [];
  for (const issue of issues) {
    for (const { path, detail } of explain(issue)) {
      if (errors.length < MOST_ERRORS) errors.push(at(part, path, detail));
    }
  }
  return errors;
}

function invalid(part: Part, issues: readonly Issue[]): Problem {
  const name = part === 'body' ? 'body' : part === 'query' ? 'query' : part === 'path' ? 'path' : 'headers';
  return new Problem('invalid', `The ${name} of the request is not valid`, { errors: fieldErrors(part, issues) });
}

const places = { body: '', query: ' (in the query)', path: ' (in the path)', header: ' (in the headers)' } as const;

function at(part: Part, path: readonly PropertyKey[], detail: string): ProblemField {
  return { pointer: jsonPointer(path), detail: detail + places[part] };
}

/** RFC 6901. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function explain(issue: Issue): readonly { path: readonly PropertyKey[]; detail: string }[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], detail: 'is not known here' }));
  }
  if (issue.code === 'invalid_union') {
    // The variant that comes closest says most about what is wrong.
    const closest = [...issue.errors].sort((one, other) => one.length - other.length)[0];
    const inner = closest?.flatMap(explain) ?? [];
    if (inner.length > 0) {
      return inner.map(({ path, detail }) => ({ path: [...issue.path, ...path], detail }));
    }
  }
  return [{ path: issue.path, detail: issue.message }];
}
