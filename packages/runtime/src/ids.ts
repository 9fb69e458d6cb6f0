import { createHmac, createSecretKey, hash as sha } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { canonicalJson } from './canonical-json.ts';

/** First part of a stream's name. */
export type StreamCategory =
  | 'profile'
  | 'purchase'
  | 'refund'
  | 'contact'
  | 'followup'
  | 'survey'
  | 'complaint'
  | 'loyalty'
  | 'lifecycle'
  | 'import';

/**
 * Names for what the world names, by a keyed hash: no personal data can be read from them, none can be guessed without
 * the key, and two different things never share one. All are 32 lower-case hex digits.
 */
export interface Ids {
  /** The customer that a publisher knows by this key. */
  customerId(source: string, key: string): string;
  /** `category-<hash of the parts>`, for what a publisher named. */
  stream(category: StreamCategory, ...parts: readonly string[]): string;
  purchaseStream(source: string, orderId: string): string;
  refundStream(source: string, refundId: string): string;
  contactStream(source: string, contactId: string): string;
  followUpStream(source: string, followUpId: string): string;
  surveyStream(source: string, invitationId: string): string;
  complaintStream(source: string, complaintId: string): string;
  /** Of a contact point in its normal form: whoever has the same one, it is the same id. */
  contactPointId(kind: string, value: string): string;
  /** Of a body as it was accepted, before defaults; `schemaVersion` is that of the body's schema. */
  contentHash(schemaVersion: number, body: unknown): string;
  /** Of a fact: the same fact sent again has it again. */
  factCommandId(kind: string, source: string, id: string, contentHash: string): string;
  /**
   * Of any other command: its first half names the key within route and actor, its second half the body, so that a key
   * that is used again for something else is noticed (see `isSameKey`).
   */
  keyedCommandId(operationId: string, actor: string, idempotencyKey: string, body: unknown): string;
  /** Tells one key from another without giving it away. */
  readonly fingerprint: string;
}

const KNOWN_CUSTOMERS = 200_000;

/** @param key 32 bytes (see `openIdKey`) */
export function createIds(key: Buffer): Ids {
  const secret = createSecretKey(key);
  const hash = (text: string): string => createHmac('sha256', secret).update(text).digest('hex').slice(0, 32);
  // Length prefixes: ("ab", "c") and ("a", "bc") are different names.
  const join = (label: string, parts: readonly string[]): string => {
    let text = label;
    for (const part of parts) text += `|${part.length}:${part}`;
    return text;
  };
  const stream = (category: StreamCategory, ...parts: readonly string[]): string =>
    `${category}-${hash(join(category, parts))}`;
  const customers = new LRUCache<string, string>({ max: KNOWN_CUSTOMERS });

  return {
    customerId(source, customerKey) {
      const name = join('customer', [source, customerKey]);
      let id = customers.get(name);
      if (id === undefined) {
        id = hash(name);
        customers.set(name, id);
      }
      return id;
    },
    stream,
    purchaseStream: (source, orderId) => stream('purchase', source, orderId),
    refundStream: (source, refundId) => stream('refund', source, refundId),
    contactStream: (source, contactId) => stream('contact', source, contactId),
    followUpStream: (source, followUpId) => stream('followup', source, followUpId),
    surveyStream: (source, invitationId) => stream('survey', source, invitationId),
    complaintStream: (source, complaintId) => stream('complaint', source, complaintId),
    contactPointId: (kind, value) => hash(join('contact-point', [kind, value])),
    contentHash: (schemaVersion, body) => hash(`content|${schemaVersion}|${canonicalJson(body)}`),
    // What is keyed already needs no key again.
    factCommandId: (kind, source, id, contentHash) => plainHash(join('fact', [kind, source, id, contentHash])),
    keyedCommandId: (operationId, actor, idempotencyKey, body) =>
      hash(join('key', [operationId, actor, idempotencyKey])).slice(0, 16) +
      hash(`body|${canonicalJson(body)}`).slice(0, 16),
    fingerprint: hash('fingerprint'),
  };
}

function plainHash(text: string): string {
  return sha('sha256', text).slice(0, 32);
}

/** Streams that a customer has one of each. */
export const customerStreams = {
  profile: (customerId: string): string => `profile-${customerId}`,
  loyalty: (customerId: string): string => `loyalty-${customerId}`,
  lifecycle: (customerId: string): string => `lifecycle-${customerId}`,
} as const;

/** The stream of what an id names. */
export function streamName(category: StreamCategory, id: string): string {
  return `${category}-${id}`;
}

/** What a stream is about: its last 32 characters, which name it in answers and paths. */
export function idOfStream(stream: string): string {
  return stream.slice(-32);
}

/** Of an id by `keyedCommandId` what the key alone makes of it: where it is the same and the ids differ, the bodies do. */
export function commandKey(commandId: string): string {
  return commandId.slice(0, 16);
}
