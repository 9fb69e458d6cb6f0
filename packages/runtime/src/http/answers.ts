import { z } from 'zod';
import type { CommandResult } from '../commands/commands.ts';
import { entityTag } from './origin.ts';
import { rejectionProblem } from './problem.ts';
import type { RawAnswer } from './route.ts';

/** What every write answers. */
export const writeReceipt = z
  .strictObject({
    id: z.string().describe('As the publisher named it, or as it is named from now on'),
    customerId: z.string().nullable().describe('Whose history it belongs to; null if nobody is known'),
    position: z.string().describe('Send it as Tenure-Min-Position to read what this write did'),
  })
  .meta({ id: 'WriteReceipt', description: 'A write that is durable' });

const headers = { 'Tenure-Position': 'The position of the write', ETag: 'The revision, for If-Match' };

/** The good answers of a write: 202 the first time, 200 with the same body for the same again. */
export const writeResponses = {
  202: { description: 'Accepted and durable', schema: writeReceipt, headers },
  200: { description: 'Known already; answered as the first time', schema: writeReceipt, headers },
} as const;

/**
 * The answer of a write.
 * @throws {Problem} if the command was rejected
 */
export function writeAnswer(id: string, result: CommandResult): RawAnswer & { readonly status: 200 | 202 } {
  if (result.status === 'rejected') throw rejectionProblem(result.rejection);
  const { customerId, position, revision } = result;
  return {
    status: result.status === 'accepted' ? 202 : 200,
    headers: { 'tenure-position': position, etag: entityTag(revision) },
    text: writeReceiptJson(id, customerId, position),
  };
}

/** A receipt as JSON, by hand: it is what is answered most. Customer and position need no escapes. */
export function writeReceiptJson(id: string, customerId: string | null, position: string): string {
  return `{"id":${JSON.stringify(id)},"customerId":${customerId === null ? 'null' : `"${customerId}"`},"position":"${position}"}`;
}
