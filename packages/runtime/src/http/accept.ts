import Negotiator from 'negotiator';
import { Problem } from './problem.ts';

/** Picks the media type of an answer by the Accept header; without one, the first. @throws {Problem} 406 */
export function negotiate(accept: string | undefined, offered: readonly string[]): string {
  const first = offered[0] ?? 'application/json';
  if (accept === undefined || accept === '*/*' || accept === first) return first;
  const chosen = new Negotiator({ headers: { accept } }).mediaType([...offered]);
  if (chosen === undefined) throw new Problem('not-acceptable', `Only ${offered.join(', ')} can be given`);
  return chosen;
}
