import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { type ImportMap, importMap } from './map-schema.ts';

const ownMaps = new URL('../../maps/', import.meta.url);

/** Names of the maps that come with the program. */
export function mapNames(): string[] {
  const files = readdirSync(ownMaps).filter((file) => file.endsWith('.json'));
  return files.map((file) => file.slice(0, -'.json'.length)).toSorted();
}

/**
 * Loads a map by its name, or from a file when the name ends in `.json`.
 * @throws UsageError that lists everything that is wrong with it
 */
export function loadMap(nameOrFile: string): ImportMap {
  const names = mapNames();
  if (!nameOrFile.endsWith('.json') && !names.includes(nameOrFile)) {
    throw new UsageError(
      `There is no map ${nameOrFile}: name one of ${names.join(', ')}, or a file that ends in .json.`,
    );
  }
  const file = nameOrFile.endsWith('.json') ? nameOrFile : fileURLToPath(new URL(`${nameOrFile}.json`, ownMaps));
  const parsed = importMap.safeParse(readJson(file));
  if (parsed.success) return parsed.data;
  throw new UsageError(`${file} is no import map:\n${z.prettifyError(parsed.error)}`);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new UsageError(`The map ${file} cannot be read: ${detail}`, { cause: error });
  }
}
