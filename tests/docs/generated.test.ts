import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocuments } from './generated-documents.ts';

const root = resolve(import.meta.dirname, '../..');

describe('documents made from code', () => {
  it.each([...generatedDocuments(root)])('%s is up to date (node tests/docs/write.ts)', (file, text) => {
    expect(readFileSync(resolve(root, file), 'utf8')).toBe(text);
  });

  it('every invariant is shown by a test', () => {
    const page = generatedDocuments(root).get('docs/invariants.md') ?? '';
    expect(page.split('\n').filter((line) => /^\| I\d+ \|.*\|\s*\|$/.test(line))).toEqual([]);
  });
});
