import type { DomainEvent } from '@tenure/contracts';
import type { Decision, Happening } from './decider.ts';

/**
 * Every reason for which a decider says no, and what it means. Codes are stable: they become the problem's `type`. The
 * HTTP status of each is decided where HTTP is spoken.
 */
export const rejectionCodes = {
  conflict: 'The id is taken by a fact with other content, which stands',
  'not-found': 'There is nothing under this id',
  'not-anonymous': 'The purchase came with a customer, so nobody else can claim it',
  'already-claimed': 'Another customer has claimed the purchase',
  'already-registered': 'The customer is registered already, otherwise than asked for',
  'wrong-status': 'The action is not possible in the status that this is in',
  'out-of-order': 'It would have happened before what it follows',
  'duplicate-line-id': 'Two lines have the same id',
  'amount-too-large': 'The amounts add up to more than can be counted exactly',
  'score-out-of-range': 'The score does not exist on the scale of this kind of survey',
  'unknown-attribute': 'The registry of attributes has no such name',
  'invalid-attribute': 'The value does not fit the type of its attribute',
  'too-many-attributes': 'A customer has no room for more extension attributes',
  'invalid-contact-point': 'The value cannot be a contact point of this kind',
  'unknown-contact-point': 'The customer has no such contact point',
  'too-many-contact-points': 'A customer has no room for more contact points',
  'policy-version': 'The version is not the one that comes next',
  'in-the-past': 'It would rewrite what was decided already',
  'self-link': 'A customer cannot be linked to itself',
} as const;

export type RejectionCode = keyof typeof rejectionCodes;

/** Says no; `pointer` (RFC 6901) names the field of the command, `events` what is recorded nevertheless. */
export function reject<E extends DomainEvent = never>(
  code: RejectionCode,
  detail: string,
  options: { pointer?: string; events?: readonly Happening<E>[] } = {},
): Decision<E> {
  const { pointer, events = [] } = options;
  return { kind: 'rejected', rejection: pointer === undefined ? { code, detail } : { code, detail, pointer }, events };
}
