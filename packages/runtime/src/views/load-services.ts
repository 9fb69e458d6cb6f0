import { hashOfSources, projectionSources } from './projection-sources.ts';
import type { ServiceViews } from './types.ts';

/** What modules export as `views`, by their URLs. */
export async function loadServices(modules: readonly string[]): Promise<readonly ServiceViews[]> {
  return Promise.all(
    modules.map(async (module) => {
      const { views: found } = (await import(module)) as { views?: ServiceViews };
      if (found === undefined) throw new Error(`${module} does not export views`);
      return found;
    }),
  );
}

/** Hash of the code that these modules make documents with, down to the fold. */
export function codeOf(modules: readonly string[]): string {
  return hashOfSources(projectionSources([...modules, new URL('./projecting.ts', import.meta.url).href]));
}
