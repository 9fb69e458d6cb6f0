import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { DataKey, KeyStore, SharedKeyStore } from '@tenure/key-store';
import { SealBrokenError } from './errors.ts';
import type { SealedEvent, StoredEvent } from './port.ts';

/** What the envelope is bound to: for anything else, it does not open. */
export interface SealContext {
  readonly eventId: string;
  readonly stream: string;
  readonly type: string;
}

/**
 * Envelope: format (1 byte), key id (16), content hash (32), nonce (12), tag (16), ciphertext.
 * The content hash is an HMAC-SHA256 of the plaintext under the same key: equal contents of one owner can be told
 * without opening them, and it says nothing once the key is destroyed.
 */
const FORMAT = 1;
const KEY_ID = 1;
const CONTENT_HASH = KEY_ID + 16;
const NONCE = CONTENT_HASH + 32;
const TAG = NONCE + 12;
const CIPHERTEXT = TAG + 16;

/** What GCM authenticates beside the ciphertext: the envelope's head and what it belongs to. */
const additionalData = (head: Buffer, { eventId, stream, type }: SealContext): Buffer =>
  Buffer.concat([head, Buffer.from(`${eventId}\n${stream}\n${type}`, 'utf8')]);

const hashContent = (key: KeyObject, plaintext: Buffer): Buffer =>
  createHmac('sha256', key).update('content\n').update(plaintext).digest();

/** Seals JSON text with AES-256-GCM. */
export const seal = (json: string, { keyId, key: bytes }: DataKey, context: SealContext): Buffer => {
  // As a KeyObject: though made for each call, it saves two thirds of what OpenSSL takes with the bytes.
  const key = createSecretKey(bytes);
  const plaintext = Buffer.from(json, 'utf8');
  const head = Buffer.concat([Buffer.of(FORMAT), Buffer.from(keyId, 'hex'), hashContent(key, plaintext)]);
  const nonce = randomBytes(TAG - NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additionalData(head, context));
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([head, nonce, cipher.getAuthTag(), ciphertext]);
};

/** Id of the key that an envelope was sealed with, and the keyed hash of its content. Readable without the key. */
export const sealedWith = (envelope: Uint8Array): { keyId: string; contentHash: string } => {
  const bytes = asBuffer(envelope);
  return {
    keyId: bytes.toString('hex', KEY_ID, CONTENT_HASH),
    contentHash: bytes.toString('hex', CONTENT_HASH, NONCE),
  };
};

/**
 * The JSON text of an envelope; undefined when its key has been destroyed.
 * @throws {SealBrokenError} when the envelope was altered or belongs to another event
 * @throws {UnknownKeyError} when the key store never had its key
 */
export const unseal = (
  envelope: Uint8Array,
  keys: Pick<KeyStore, 'find'>,
  context: SealContext,
): string | undefined => {
  const bytes = asBuffer(envelope);
  if (bytes[0] !== FORMAT || bytes.length < CIPHERTEXT) throw new SealBrokenError(context.eventId);
  const found = keys.find(bytes.toString('hex', KEY_ID, CONTENT_HASH));
  if (!found) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(found.key), bytes.subarray(NONCE, TAG))
    .setAAD(additionalData(bytes.subarray(0, NONCE), context))
    .setAuthTag(bytes.subarray(TAG, CIPHERTEXT));
  try {
    return decipher.update(bytes.subarray(CIPHERTEXT), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new SealBrokenError(context.eventId, { cause });
  }
};

/**
 * Events with their personal data opened. Keys are asked for together.
 * @throws what `unseal` throws, and whatever the key store does while it cannot be reached
 */
export const openSealed = async (
  events: readonly SealedEvent[],
  keys: Pick<SharedKeyStore, 'findMany'>,
): Promise<readonly StoredEvent[]> => {
  const keyIds = new Set(events.flatMap(({ sealed }) => (sealed === undefined ? [] : [sealedWith(sealed).keyId])));
  const found = keyIds.size === 0 ? new Map<string, DataKey>() : await keys.findMany([...keyIds]);
  return events.map(({ sealed, ...event }) => {
    if (sealed === undefined) return event;
    const { id: eventId, stream, type } = event;
    const personal = unseal(sealed, { find: (keyId) => found.get(keyId) }, { eventId, stream, type });
    return personal === undefined ? { ...event, erased: true } : { ...event, personal: JSON.parse(personal) as object };
  });
};

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
