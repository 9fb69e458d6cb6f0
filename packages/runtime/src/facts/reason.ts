import { type Problem, problemBody } from '../http/problem.ts';

const MOST_ERRORS = 10;
const MOST_CHARACTERS = 200;
/** Names of fields as programs give them, and places in lists. */
const fieldName = /^(?:[A-Za-z][A-Za-z0-9_-]{0,39}|\d{1,6})$/;

/**
 * A problem as JSON for a header: of a few KiB at most. What a problem says never repeats values; names of fields that
 * the publisher made up are repeated only if they look like names of fields.
 */
export function rejectionReason(problem: Problem): string {
  const { errors, detail = '', ...body } = problemBody(problem);
  return JSON.stringify({
    ...body,
    detail: short(detail),
    ...(errors === undefined
      ? {}
      : {
          errors: errors.slice(0, MOST_ERRORS).map((error) => ({
            pointer: short(error.pointer.split('/').map(plain).join('/')),
            detail: short(error.detail),
          })),
        }),
  });
}

function plain(segment: string): string {
  return segment === '' || fieldName.test(segment) ? segment : '*';
}

function short(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1)}…`;
}
