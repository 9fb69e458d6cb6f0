import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IdKeyError, openIdKey } from './id-key.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-key-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const one = '11'.repeat(32);
const other = '22'.repeat(32);

describe('the id key', () => {
  it('is made once, for its owner’s eyes alone, and found again', () => {
    const inside = join(directory, 'data');
    const key = openIdKey(inside);
    expect(key).toHaveLength(32);
    expect(openIdKey(inside)).toEqual(key);
    expect(statSync(join(inside, 'id.key')).mode & 0o077).toBe(0);
    expect(readdirSync(inside).sort()).toEqual(['id.fingerprint', 'id.key']);
    expect(openIdKey(join(directory, 'other'))).not.toEqual(key);
  });

  it('can come from outside, and is not written down then', () => {
    expect(openIdKey(directory, one).toString('hex')).toBe(one);
    expect(openIdKey(directory, one.toUpperCase()).toString('hex')).toBe(one);
    expect(readdirSync(directory)).toEqual(['id.fingerprint']);
    expect(readFileSync(join(directory, 'id.fingerprint'), 'utf8')).not.toContain(one.slice(0, 16));
  });

  it('is refused when it is not the one that the directory was made with', () => {
    openIdKey(directory, one);
    expect(() => openIdKey(directory, other)).toThrow(IdKeyError);
    expect(() => openIdKey(directory)).toThrow(/TENURE_ID_KEY is not set/);
    const made = join(directory, 'made');
    openIdKey(made);
    expect(() => openIdKey(made, other)).toThrow(/not the one/);
    rmSync(join(made, 'id.key'));
    expect(() => openIdKey(made)).toThrow(/is gone/);
  });

  it('is refused when it is malformed', () => {
    expect(() => openIdKey(directory, 'abc')).toThrow(/TENURE_ID_KEY is not 32 bytes/);
    writeFileSync(join(directory, 'id.key'), 'nonsense');
    expect(() => openIdKey(directory)).toThrow(/id\.key is not 32 bytes/);
  });
});
