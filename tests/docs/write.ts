import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { auditorsPage } from './auditors-page.ts';
import { generatedDocuments } from './generated-documents.ts';

/** Writes the documents that are made from code: `node tests/docs/write.ts`. A test fails when they are out of date. */
const root = resolve(import.meta.dirname, '../..');
for (const [file, text] of generatedDocuments(root)) {
  const path = resolve(root, file);
  if (readFileSync(path, { encoding: 'utf8', flag: 'a+' }) !== text) writeFileSync(path, text);
}
const auditors = resolve(root, 'docs/auditors.md');
writeFileSync(auditors, await auditorsPage(readFileSync(auditors, 'utf8')));
