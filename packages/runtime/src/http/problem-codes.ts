/** What went wrong, by code: HTTP status and title. Here alone is it decided which status an error has. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** Codes of HTTP itself, and of the conventions that all routes share. */
const general = {
  'bad-request': { status: 400, title: 'The request cannot be read' },
  'not-json': { status: 400, title: 'The body is not JSON' },
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'The API key does not allow this' },
  'wrong-host': { status: 403, title: 'Without API keys only loopback names are answered' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'The path has no such method' },
  'not-acceptable': { status: 406, title: 'None of the media types asked for can be given' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  conflict: { status: 409, title: 'It contradicts what is there' },
  'precondition-failed': { status: 412, title: 'It has changed since it was read' },
  'too-large': { status: 413, title: 'The body is too large' },
  'uri-too-long': { status: 414, title: 'The address is too long' },
  'unsupported-media-type': { status: 415, title: 'The body has a media type that is not read here' },
  invalid: { status: 422, title: 'The request is not valid' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used for something else' },
  'position-unknown': { status: 422, title: 'The store has no such position' },
  'in-the-future': { status: 422, title: 'The instant is in the future' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Something is wrong on our side' },
  overloaded: { status: 503, title: 'Too much is at work just now' },
  'shutting-down': { status: 503, title: 'The service is shutting down' },
  'store-unavailable': { status: 503, title: 'The event store cannot be reached' },
  'views-unavailable': { status: 503, title: 'The views cannot be read' },
  contended: { status: 503, title: 'Too many changes to the same thing at once' },
  'customer-parked': { status: 503, title: 'The view of this customer waits for a repair' },
  'view-behind': { status: 504, title: 'The view has not reached the position in time' },
  timeout: { status: 504, title: 'It took too long' },
} as const satisfies Record<string, ProblemKind>;

/** Codes that deciders say no with. */
const rejections = {
  'as-of-unsupported': { status: 422, title: 'This cannot be asked as of another instant' },
  'not-anonymous': { status: 409, title: 'The purchase has a customer' },
  'already-claimed': { status: 409, title: 'Another customer has claimed it' },
  'already-registered': { status: 409, title: 'The customer is registered otherwise' },
  'wrong-status': { status: 409, title: 'Not possible in the status that this is in' },
  'out-of-order': { status: 422, title: 'It would have happened before what it follows' },
  'duplicate-line-id': { status: 422, title: 'Two lines have the same id' },
  'amount-too-large': { status: 422, title: 'The amounts add up to too much' },
  'score-out-of-range': { status: 422, title: 'The score is not on the scale' },
  'unknown-attribute': { status: 422, title: 'There is no such attribute' },
  'invalid-attribute': { status: 422, title: 'The value does not fit the attribute' },
  'duplicate-attribute': { status: 422, title: 'One attribute has two values at one instant' },
  'too-many-attributes': { status: 422, title: 'There is no room for more attributes' },
  'invalid-contact-point': { status: 422, title: 'The value cannot be a contact point of this kind' },
  'unknown-contact-point': { status: 422, title: 'The customer has no such contact point' },
  'too-many-contact-points': { status: 422, title: 'There is no room for more contact points' },
  'policy-version': { status: 409, title: 'The version is not the one that comes next' },
  'in-the-past': { status: 422, title: 'It would rewrite what was decided already' },
  'self-link': { status: 422, title: 'A customer cannot be linked to itself' },
} as const satisfies Record<string, ProblemKind>;

export const problemKinds = { ...general, ...rejections } as const;

export type ProblemCode = keyof typeof problemKinds;

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemKinds, code);
}

/** Whether the same request may succeed later; such an answer carries Retry-After. */
export function isRetryable(code: ProblemCode): boolean {
  const { status } = problemKinds[code];
  return status === 429 || status === 503;
}
