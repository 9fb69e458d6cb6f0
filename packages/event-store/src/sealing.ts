import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { DataKey, KeyStore } from '@tenure/key-store';
import { SealBrokenError } from './errors.ts';

/** What the envelope is bound to: opened for anything else, it does not open. */
export interface SealContext {
  readonly eventId: string;
  readonly stream: string;
  readonly type: string;
}

/**
 * Envelope: format (1 byte), key id (16), nonce (12), tag (16), content hash (32), ciphertext.
 * The content hash is an HMAC-SHA256 of the plaintext under the same key: equal contents of one owner can be told
 * without opening them, and it says nothing once the key is destroyed.
 */
const FORMAT = 1;
const KEY_ID = 1;
const NONCE = KEY_ID + 16;
const TAG = NONCE + 12;
const CONTENT_HASH = TAG + 16;
const CIPHERTEXT = CONTENT_HASH + 32;

const additionalData = (context: SealContext): Buffer =>
  Buffer.from(`${context.eventId}\n${context.stream}\n${context.type}`, 'utf8');

const contentHash = (key: KeyObject, plaintext: Buffer): Buffer =>
  createHmac('sha256', key).update('content\n').update(plaintext).digest();

/** Seals JSON text with AES-256-GCM. */
export const seal = (json: string, { keyId, key: bytes }: DataKey, context: SealContext): Buffer => {
  // As a KeyObject: made for each call, it still costs a third of what OpenSSL takes with the bytes.
  const key = createSecretKey(bytes);
  const plaintext = Buffer.from(json, 'utf8');
  const nonce = randomBytes(TAG - NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additionalData(context));
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([
    Buffer.of(FORMAT),
    Buffer.from(keyId, 'hex'),
    nonce,
    cipher.getAuthTag(),
    contentHash(key, plaintext),
    ciphertext,
  ]);
};

/** Id of the key that an envelope was sealed with, and the keyed hash of its content. Readable without the key. */
export const sealedWith = (envelope: Uint8Array): { keyId: string; contentHash: string } => {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
  return {
    keyId: bytes.toString('hex', KEY_ID, NONCE),
    contentHash: bytes.toString('hex', CONTENT_HASH, CIPHERTEXT),
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
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
  if (bytes[0] !== FORMAT || bytes.length < CIPHERTEXT) throw new SealBrokenError(context.eventId);
  const key = keys.find(bytes.toString('hex', KEY_ID, NONCE));
  if (!key) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key.key), bytes.subarray(NONCE, TAG))
    .setAAD(additionalData(context))
    .setAuthTag(bytes.subarray(TAG, CONTENT_HASH));
  try {
    return decipher.update(bytes.subarray(CIPHERTEXT), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new SealBrokenError(context.eventId, { cause });
  }
};
