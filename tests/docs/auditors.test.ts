import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { auditorsPage } from './auditors-page.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/auditors.md'), 'utf8');

it('the page for auditors shows what its commands print (node tests/docs/write.ts)', async () => {
  expect(page.match(/^## \d+\. /gm)).toHaveLength(10);
  expect(await auditorsPage(page)).toBe(page);
}, 120_000);
