import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts'));
const sources = files.map((file) => ({ file, text: readFileSync(join(import.meta.dirname, file), 'utf8') }));

/** The module that a static import or a re-export names. */
const STATIC = /^(?:import|export)\b(?:[^'";=(]*\bfrom)?\s*['"]([^'"]+)['"]/gm;
const DYNAMIC = /\b(?:import|require)\s*\(/;

function isAllowed(specifier: string, file: string): boolean {
  if (specifier.startsWith('./')) return files.includes(specifier.slice(2));
  if (specifier.startsWith('node:')) return specifier !== 'node:module';
  return file.endsWith('.test.ts') && ['vitest', 'fast-check'].includes(specifier);
}

it('imports nothing of Tenure: only its own files, Node, and in tests the test tools', () => {
  const imports = sources.flatMap(({ file, text }) =>
    [...text.matchAll(STATIC)].map(([, specifier = '']) => ({ file, specifier })),
  );
  expect(imports.length).toBeGreaterThan(files.length);
  expect(imports.filter(({ file, specifier }) => !isAllowed(specifier, file))).toEqual([]);
  expect(sources.filter(({ text }) => DYNAMIC.test(text)).map(({ file }) => file)).toEqual([]);
});
