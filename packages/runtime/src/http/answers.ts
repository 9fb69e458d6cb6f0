import { writeAnswer } from '@tenure/contracts';
import type { CommandResult } from '../commands/commands.ts';
import { entityTag } from './origin.ts';
import { rejectionProblem } from './problem.ts';
import type { RawAnswer } from './route.ts';

const headers = { 'Tenure-Position': 'The position of the write', ETag: 'The revision, for If-Match' };

/** The good answers of a write: 202 the first time, 200 with the same body for the same again. */
export const writeResponses = {
  202: { description: 'Accepted and durable', schema: writeAnswer, headers },
  200: { description: 'Known already; answered as the first time', schema: writeAnswer, headers },
} as const;

/**
 * The answer of a write; `id` names what was written, 32 hex digits.
 * @throws {Problem} if the command was rejected
 */
export function answerWrite(id: string, result: CommandResult): RawAnswer & { readonly status: 200 | 202 } {
  if (result.status === 'rejected') throw rejectionProblem(result.rejection);
  const { customerId, position, revision } = result;
  return {
    status: result.status === 'accepted' ? 202 : 200,
    headers: { 'tenure-position': position, etag: entityTag(revision) },
    text: writeAnswerJson(id, customerId, position),
  };
}

/** The same as JSON, by hand: it is what is answered most. Nothing in it needs escapes. */
export function writeAnswerJson(id: string, customerId: string | null, position: string): string {
  return `{"id":"${id}","customerId":${customerId === null ? 'null' : `"${customerId}"`},"position":"${position}"}`;
}
