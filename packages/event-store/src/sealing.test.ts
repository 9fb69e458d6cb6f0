import { randomBytes } from 'node:crypto';
import type { DataKey } from '@tenure/key-store';
import { describe, expect, it } from 'vitest';
import { SealBrokenError } from './errors.ts';
import { seal, sealedWith, unseal } from './sealing.ts';

const newKey = (): DataKey => ({ keyId: randomBytes(16).toString('hex'), key: randomBytes(32) });
const keysOf = (...keys: DataKey[]): { find(keyId: string): DataKey | undefined } => ({
  find: (keyId) => keys.find((key) => key.keyId === keyId),
});
const context = { eventId: 'e'.repeat(32), stream: `contact-${'f'.repeat(32)}`, type: 'ContactRecorded' };
const json = '{"email":"jane@example.org","name":"投诉"}';

describe('sealing', () => {
  it('opens with the key it names', () => {
    const [key, other] = [newKey(), newKey()];
    const envelope = seal(json, key, context);
    expect(unseal(envelope, keysOf(other, key), context)).toBe(json);
    expect(sealedWith(envelope).keyId).toBe(key.keyId);
    expect(envelope.includes('jane')).toBe(false);
  });

  it('does not open once the key is gone', () => {
    expect(unseal(seal(json, newKey(), context), keysOf(), context)).toBeUndefined();
  });

  it('never makes the same envelope twice', () => {
    const key = newKey();
    expect(seal(json, key, context)).not.toEqual(seal(json, key, context));
  });

  it('is bound to its event, stream and type', () => {
    const key = newKey();
    const envelope = seal(json, key, context);
    const others = [
      { ...context, eventId: '0'.repeat(32) },
      { ...context, stream: `contact-${'0'.repeat(32)}` },
      { ...context, type: 'ContactCorrected' },
    ];
    for (const other of others) expect(() => unseal(envelope, keysOf(key), other)).toThrow(SealBrokenError);
  });

  it('notices each altered byte', () => {
    const key = newKey();
    const envelope = seal(json, key, context);
    const opensAltered = [...envelope.keys()].filter((index) => {
      const altered = Buffer.from(envelope);
      altered[index] = (altered[index] ?? 0) ^ 1;
      try {
        return unseal(altered, { find: () => key }, context) !== undefined;
      } catch (error) {
        expect(error).toBeInstanceOf(SealBrokenError);
        return false;
      }
    });
    expect(opensAltered).toEqual([]);
  });

  it('notices an envelope that was cut', () => {
    const key = newKey();
    const envelope = seal(json, key, context);
    for (const length of [0, 1, 40, 76, 77, envelope.length - 1])
      expect(() => unseal(envelope.subarray(0, length), keysOf(key), context)).toThrow(SealBrokenError);
  });

  it('has a hash of its content that only the same key and content give', () => {
    const [key, other] = [newKey(), newKey()];
    const hashOf = (text: string, by: DataKey, of = context): string => sealedWith(seal(text, by, of)).contentHash;
    expect(hashOf(json, key)).toBe(hashOf(json, key, { ...context, eventId: '1'.repeat(32) }));
    expect(hashOf(json, key)).not.toBe(hashOf(json, other));
    expect(hashOf(json, key)).not.toBe(hashOf('{}', key));
  });
});
