import { configurationPage } from './configuration-page.ts';
import { invariantsPage } from './invariants-page.ts';

/** Documents made from code, by path from the root. */
export function generatedDocuments(root: string): ReadonlyMap<string, string> {
  return new Map([
    ['docs/configuration.md', configurationPage()],
    ['docs/invariants.md', invariantsPage(root)],
  ]);
}
