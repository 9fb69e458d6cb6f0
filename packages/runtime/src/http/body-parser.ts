import { isUtf8 } from 'node:buffer';
import type { ProblemField } from '@tenure/contracts';
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.ts';
import { jsonPointer } from './validate.ts';

/** Escapes that could yield NUL or half a character; raw ones are no JSON, and no UTF-8. */
const suspicious = /\\u(?:0000|[dD][89a-fA-F])/;

/**
 * Parses JSON bodies: UTF-8 only, no keys that reach for prototypes, and only text that every store and language keeps
 * as it is (no NUL, no half characters). Bodies of `streamed` media types are handed on as they come.
 */
export function installBodyParsers(app: FastifyInstance, streamed: Iterable<string>): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, payload: Buffer, done) => {
    if (payload.length === 0) return done(null, undefined);
    if (!isUtf8(payload)) return done(new Problem('not-json', 'The body is not UTF-8'));
    const text = payload.toString();
    return parse(request, text, (error, value) => {
      if (error !== null) return done(new Problem('not-json', error.message, { cause: error }));
      const faults = suspicious.test(text) ? unusableText(value) : [];
      if (faults.length === 0) return done(null, value);
      return done(new Problem('invalid', 'The body holds text that cannot be kept', { errors: faults }));
    });
  });
  for (const contentType of streamed) {
    app.addContentTypeParser(contentType, (_request, payload, done) => done(null, payload));
  }
}

/** Where a parsed JSON value holds NUL or a half character, by an iterative walk, as it may be deep. */
function unusableText(value: unknown): readonly ProblemField[] {
  const errors: ProblemField[] = [];
  const waiting: { readonly path: readonly string[]; readonly value: unknown }[] = [{ path: [], value }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next.value === 'string') {
      if (!isUsable(next.value)) errors.push({ pointer: jsonPointer(next.path), detail: REASON });
    } else if (typeof next.value === 'object' && next.value !== null) {
      for (const [key, field] of Object.entries(next.value)) {
        if (!isUsable(key)) errors.push({ pointer: jsonPointer(next.path), detail: `a name in it ${REASON}` });
        waiting.push({ path: [...next.path, key], value: field });
      }
    }
  }
  return errors.slice(0, 20);
}

const REASON = 'must not hold U+0000 or half of a surrogate pair';

function isUsable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
