import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** `import { a } from 'x'`, `export { a } from 'x'`, `import 'x'`, `import('x')`; over several lines, too. */
const STATEMENT =
  /^(import|export)\s+(type\s)?(?:([\w*{}\s,]+?)\s+from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

/** A module's text and what it loads: types are gone by then. */
interface Module {
  readonly text: string;
  readonly loads: readonly { readonly specifier: string; readonly names: readonly string[] | 'all' }[];
  /** It does nothing but hand on what others export: only whom it is asked for matters. */
  readonly isIndex: boolean;
}

/**
 * The code that documents depend on: the modules given and all that they load, each file once, by its URL or, outside
 * the workspace, its package's name and version. An index is followed only to where the names that are asked of it come
 * from, so that what a projection does not use does not count.
 */
export function projectionSources(entries: readonly string[]): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  const modules = new Map<string, Module>();
  const followed = new Set<string>();
  const open: { readonly url: string; readonly names: readonly string[] | 'all' }[] = entries.map((url) => ({
    url,
    names: 'all',
  }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { url, names } = next;
    const module = modules.get(url) ?? moduleAt(url);
    modules.set(url, module);
    if (!module.isIndex) sources.set(url, module.text);
    for (const load of module.loads) {
      const wanted = module.isIndex && names !== 'all' && load.names !== 'all' ? common(names, load.names) : load.names;
      if (wanted.length === 0) continue;
      const target = resolved(load.specifier, url);
      const key = `${target.url ?? target.name} ${wanted === 'all' ? '*' : wanted.join()}`;
      if (followed.has(key)) continue;
      followed.add(key);
      if (target.url === undefined) sources.set(target.name, target.version);
      else open.push({ url: target.url, names: wanted });
    }
  }
  return sources;
}

/** One hash over all of them, whatever the folder is that the workspace lies in. */
export function hashOfSources(sources: ReadonlyMap<string, string>): string {
  const digests = [...sources.values()].map((text) => createHash('sha256').update(text).digest('hex'));
  return createHash('sha256').update(digests.sort().join()).digest('hex');
}

function moduleAt(url: string): Module {
  const text = readFileSync(fileURLToPath(url), 'utf8');
  const loads: Module['loads'][number][] = [];
  let rest = text;
  for (const [statement, kind, type, clause, specifier, dynamic] of text.matchAll(STATEMENT)) {
    if (kind === 'export') rest = rest.replace(statement, '');
    if (type !== undefined) continue;
    const names = clause?.startsWith('{') === true && dynamic === undefined ? valuesIn(clause) : 'all';
    if (names.length > 0) loads.push({ specifier: specifier ?? dynamic ?? '', names });
  }
  return { text, loads, isIndex: loads.length > 0 && /^[\s;]*$/.test(withoutComments(rest)) };
}

/** The values that a clause names, as the other module calls them. */
function valuesIn(clause: string): readonly string[] {
  return clause
    .replaceAll(/[{}]/g, '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !part.startsWith('type '))
    .map((part) => part.split(/\s+as\s+/)[0] ?? part);
}

function common(names: readonly string[], others: readonly string[]): readonly string[] {
  return others.filter((name) => names.includes(name));
}

/** Only of what is left of an index, where no text can look like a comment. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

function resolved(specifier: string, from: string): { readonly url?: string; readonly name: string; version: string } {
  // Relative ones name their file, which is quicker than to look for it.
  if (specifier.startsWith('.')) return { url: new URL(specifier, from).href, name: specifier, version: '' };
  const path = createRequire(from).resolve(specifier);
  if (!isAbsolute(path)) return { name: specifier, version: process.versions.node.split('.')[0] ?? '' };
  if (!path.includes('/node_modules/') && path.endsWith('.ts')) {
    return { url: pathToFileURL(path).href, name: specifier, version: '' };
  }
  const manifest = findPackageJSON(specifier, from);
  const { name, version }: { name: string; version: string } =
    manifest === undefined ? { name: specifier, version: '' } : JSON.parse(readFileSync(manifest, 'utf8'));
  return { name: `${name}@${version}`, version: `${name}@${version}` };
}
