import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashOfSources, projectionSources } from './projection-sources.ts';

const workspace = new URL('../../../../', import.meta.url).href;

describe('the code that documents depend on', () => {
  let folder: string;
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const hash = (): string => hashOfSources(projectionSources([pathToFileURL(join(folder, 'views.ts')).href]));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tenure-sources-'));
    write('views.ts', "import { fold, type Other } from './index.ts';\nexport const views = fold;\n");
    write(
      'index.ts',
      "/** All. */\nexport type { Kind } from './kind.ts';\nexport { unused } from './unused.ts';\nexport {\n  fold,\n} from './fold.ts';\n",
    );
    write(
      'fold.ts',
      "import { rules } from './rules.ts';\nimport type { Kind } from './kind.ts';\nexport const fold = rules;\n",
    );
    write('rules.ts', 'export const rules = [5, 90];\n');
    write('unused.ts', 'export const unused = 1;\n');
    write('kind.ts', 'export type Kind = string;\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has another hash when a module changes, however far away, and the same one again', () => {
    const before = hash();
    write('rules.ts', 'export const rules = [5, 91];\n');
    expect(hash()).not.toBe(before);
    write('rules.ts', 'export const rules = [5, 90];\n');
    expect(hash()).toBe(before);
  });

  it('does not depend on types, on what an index offers beside it, or on the folder', () => {
    const before = hash();
    write('unused.ts', 'export const unused = 2;\n');
    write('kind.ts', 'export type Kind = number;\n');
    expect(hash()).toBe(before);
    write('views.ts', "import { fold, unused } from './index.ts';\nexport const views = [fold, unused];\n");
    const with2 = hash();
    write('unused.ts', 'export const unused = 3;\n');
    expect(hash()).not.toBe(with2);
  });

  it('is that of the whole fold: projections, domain, events, and how they are put together', () => {
    const sources = projectionSources([
      `${workspace}services/analytics/src/views.ts`,
      new URL('./projecting.ts', import.meta.url).href,
    ]);
    const files = [...sources.keys()].map((url) => url.replace(workspace, ''));
    expect(files).toEqual(
      expect.arrayContaining([
        'services/analytics/src/projections/customer-document.ts',
        'packages/domain/src/lifecycle/lifecycle.ts',
        'packages/domain/src/lifecycle/rules.ts',
        'packages/domain/src/loyalty/account.ts',
        'packages/domain/src/satisfaction/satisfaction.ts',
        'packages/domain/src/customer/facts-of.ts',
        'packages/contracts/src/registry.ts',
        'packages/contracts/src/events/interaction.ts',
        'packages/runtime/src/views/customer-cache.ts',
        'packages/runtime/src/views/document-moves.ts',
        'packages/runtime/src/views/history.ts',
      ]),
    );
    expect(files.some((file) => file.startsWith('@js-temporal/polyfill@'))).toBe(true);
    expect(files.filter((file) => /\/api\/|\.test\.ts$|start-views|\/http\//.test(file))).toEqual([]);
  });
});
