import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Also in pom.xml, and in the name of the container's image. */
export const KAFKA_VERSION = '4.1.0';

const CACHE = fileURLToPath(new URL('../../../../../node_modules/.cache/tenure-servers', import.meta.url));
const POM = fileURLToPath(new URL('pom.xml', import.meta.url));
const STAMP = 'complete';
const FETCH_MS = 300_000;

let fetched: Promise<string> | undefined;

/** The folder with Kafka's jars, fetched from Maven Central by whoever needs them first. */
export function kafkaLibraries(): Promise<string> {
  fetched ??= fetchOnce();
  return fetched;
}

async function fetchOnce(): Promise<string> {
  const target = join(CACHE, `kafka-${KAFKA_VERSION}`);
  if (existsSync(join(target, STAMP))) return target;
  mkdirSync(CACHE, { recursive: true });
  const own = mkdtempSync(join(CACHE, 'kafka-fetching-'));
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${own}`, '-DincludeScope=runtime'];
    await promisify(execFile)('mvn', ['-q', '-B', '-f', POM, ...goal], { timeout: FETCH_MS });
    writeFileSync(join(own, STAMP), '');
    renameSync(own, target);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    // Another process may have been faster: a folder with its files in it cannot be renamed over.
    if (!existsSync(join(target, STAMP))) throw new Error('Kafka could not be fetched with Maven', { cause: error });
  }
  return target;
}
