import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandKey, createIds, idOfStream, streamName } from './ids.ts';

const key = Buffer.alloc(32, 7);
const ids = createIds(key);

describe('ids', () => {
  it('are the first 16 bytes of an HMAC-SHA256, and never change', () => {
    const expected = createHmac('sha256', key).update('customer|8:web-shop|5:17850').digest('hex').slice(0, 32);
    expect(ids.customerId('web-shop', '17850')).toBe(expected);
    expect(ids.customerId('web-shop', '17850')).toBe(expected);
    expect(createIds(key).customerId('web-shop', '17850')).toBe(expected);
  });

  it('are others under another key', () => {
    const other = createIds(Buffer.alloc(32, 8));
    expect(other.customerId('web-shop', '17850')).not.toBe(ids.customerId('web-shop', '17850'));
    expect(other.fingerprint).not.toBe(ids.fingerprint);
  });

  it('tell parts apart, wherever one ends and the next begins', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '|', '1', ':'), maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.array(part, { minLength: 1, maxLength: 3 }),
        (one, other) => {
          const same = JSON.stringify(one) === JSON.stringify(other);
          expect(ids.stream('purchase', ...one) === ids.stream('purchase', ...other)).toBe(same);
        },
      ),
    );
  });

  it('tell categories apart', () => {
    expect(idOfStream(ids.purchaseStream('s', '1'))).not.toBe(idOfStream(ids.refundStream('s', '1')));
    const stream = ids.complaintStream('s', '1');
    expect(stream).toMatch(/^complaint-[0-9a-f]{32}$/);
    expect(streamName('complaint', idOfStream(stream))).toBe(stream);
  });

  it('of content depend on the fields and the version of the schema, not on their order', () => {
    expect(ids.contentHash(1, { a: 1, b: 2 })).toBe(ids.contentHash(1, { b: 2, a: 1 }));
    expect(ids.contentHash(1, { a: 1, b: 2 })).not.toBe(ids.contentHash(2, { a: 1, b: 2 }));
    expect(ids.contentHash(1, { a: 1 })).not.toBe(ids.contentHash(1, { a: '1' }));
  });

  it('of commands tell a key that is used again from the same command again', () => {
    const first = ids.keyedCommandId('resolve', 'me', 'k1', { a: 1 });
    expect(ids.keyedCommandId('resolve', 'me', 'k1', { a: 1 })).toBe(first);
    const other = ids.keyedCommandId('resolve', 'me', 'k1', { a: 2 });
    expect(other).not.toBe(first);
    expect(commandKey(first)).toBe(commandKey(other));
    for (const [operation, actor, name] of [
      ['close', 'me', 'k1'],
      ['resolve', 'you', 'k1'],
      ['resolve', 'me', 'k2'],
    ] as const) {
      expect(commandKey(ids.keyedCommandId(operation, actor, name, { a: 1 }))).not.toBe(commandKey(first));
    }
  });
});
