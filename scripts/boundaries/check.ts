import { glob } from 'node:fs/promises';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { rules } from './rules.ts';

const SOURCES = '{packages,services,tests,bench,scripts}/**/*.{ts,mts,js,mjs}';

/** Fewer modules than this is no workspace, but a tool that saw nothing. */
const PLAUSIBLE_MODULES = 50;

export interface Boundaries {
  /** How many modules were seen. */
  readonly modules: number;
  /** What is wrong, a line each; empty when all is well. */
  readonly faults: readonly string[];
}

/**
 * Reads every import of the workspace and holds it against the rules. A source file that was not read is a fault, too:
 * a tool that can't parse TypeScript would else find nothing wrong.
 */
export async function checkBoundaries(root: string, plausibleModules = PLAUSIBLE_MODULES): Promise<Boundaries> {
  const files = await sourceFiles(root);
  if (files.length < plausibleModules) {
    return {
      modules: 0,
      faults: [`only ${files.length} source files under ${root}, at least ${plausibleModules} expected`],
    };
  }
  const result = await readImports(root, files);
  const seen = new Set(result.modules.map((module) => module.source));
  const unseen = files.filter((file) => !seen.has(file)).map((file) => `${file} was not read`);
  const broken = result.summary.violations.map(
    ({ from, to, rule, cycle }) =>
      `${from} -> ${cycle ? cycle.map((step) => step.name).join(' -> ') : to}\n    ${rule.name}: ${comments.get(rule.name) ?? ''}`,
  );
  return { modules: files.length - unseen.length, faults: [...new Set([...unseen, ...broken])] };
}

const comments = new Map(rules.map((rule) => [rule.name, rule.comment]));

async function sourceFiles(root: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(SOURCES, { cwd: root, exclude: (name) => name === 'node_modules' })) {
    files.push(file.replaceAll('\\', '/'));
  }
  return files.sort();
}

async function readImports(root: string, files: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(
    // Its folders: a file that is asked for by its name is listed as read even if it could not be parsed.
    [...new Set(files.map((file) => file.replace(/\/.*/s, '')))],
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: rules },
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
    },
    {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.js'],
    },
  );
  if (typeof output === 'string') throw new Error(`The imports could not be read: ${output}`);
  return output;
}
