import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CursorError, decodeCursor, encodeCursor, type ListIdentity, versionOfCursor } from './cursor.ts';

const list: ListIdentity = {
  collection: 'customers',
  filter: { stage: 'new' },
  sort: [{ field: 'points', direction: -1 }],
};

function refusal(cursor: string, version = 'v1', of = list): string {
  try {
    decodeCursor(cursor, version, of);
  } catch (error) {
    if (error instanceof CursorError) return error.code;
    throw error;
  }
  throw new Error('not refused');
}

function made(content: unknown): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

describe('cursors', () => {
  it('give back the place they were made of', () => {
    for (const value of [17, null, 'é', true, [], { x: 1 }]) {
      const cursor = encodeCursor('v1', list, [value, 'id-1']);
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(decodeCursor(cursor, 'v1', list)).toEqual([value, 'id-1']);
      expect(versionOfCursor(cursor)).toBe('v1');
    }
  });

  it('belong to one list, and to one version of the views', () => {
    const cursor = encodeCursor('v1', list, [17, 'id-1']);
    expect(refusal(cursor, 'v2')).toBe('cursor-expired');
    expect(refusal(cursor, 'v1', { ...list, collection: 'others' })).toBe('cursor-of-another-list');
    expect(refusal(cursor, 'v1', { ...list, filter: { stage: 'active' } })).toBe('cursor-of-another-list');
    expect(refusal(cursor, 'v1', { ...list, sort: [{ field: 'points', direction: 1 }] })).toBe(
      'cursor-of-another-list',
    );
    expect(
      decodeCursor(encodeCursor('v1', { collection: 'a' }, ['x']), 'v1', { collection: 'a', filter: {}, sort: [] }),
    ).toEqual(['x']);
  });

  it('are refused when they are none', () => {
    const { h } = JSON.parse(Buffer.from(encodeCursor('v1', list, [17, 'id-1']), 'base64url').toString());
    const none = ['', 'x', 'ä', made(null), made([]), made({ v: 'v1' }), made({ v: 'v1', h, a: [1] })];
    for (const cursor of [...none, made({ v: 'v1', h, a: [1, 2] }), made({ v: 'v1', h, a: [1, 2, 'id'] })]) {
      expect(refusal(cursor), cursor).toBe('cursor-invalid');
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor(text, 'v1', list)).toThrow(CursorError);
      }),
    );
  });
});
