import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocuments } from './generated-documents.ts';

const root = resolve(import.meta.dirname, '../..');
const generated = generatedDocuments(root);
const written = (file: string): string => readFileSync(resolve(root, file), 'utf8');

describe('documents made from code (node tests/docs/write.ts)', () => {
  it('the configuration page is up to date', () => {
    expect(written('docs/configuration.md')).toBe(generated.get('docs/configuration.md'));
  });

  it('every invariant is shown by a test', () => {
    const page = generated.get('docs/invariants.md') ?? '';
    expect(page.split('\n').filter((line) => /^\| I\d+ \|.*\|\s*\|$/.test(line))).toEqual([]);
  });

  it('the invariants page leads to tests that are there', () => {
    const links = [...written('docs/invariants.md').matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(30);
    expect(links.filter((link) => !existsSync(resolve(root, 'docs', link)))).toEqual([]);
  });
});
