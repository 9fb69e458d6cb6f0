import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ReadStoreError } from '../errors.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const FILE = /^views-(.+)\.db$/;
const POINTER = 'views.current';

/** @throws {ReadStoreError} `view-version-invalid` */
export function checkVersion(version: string): void {
  if (!NAME.test(version)) {
    throw new ReadStoreError('view-version-invalid', `not a version's name: ${JSON.stringify(version)}`);
  }
}

export function versionFile(directory: string, version: string): string {
  return join(directory, `views-${version}.db`);
}

/** The file whose lock makes its holder the one writer of a version. */
export function lockFile(directory: string, version: string): string {
  return join(directory, `views-${version}.lock`);
}

export function listVersions(directory: string): readonly string[] {
  return readdirSync(directory)
    .flatMap((name) => FILE.exec(name)?.[1] ?? [])
    .sort();
}

export function removeVersion(directory: string, version: string): void {
  const file = versionFile(directory, version);
  // The database goes first: without it, what is left over means nothing.
  for (const path of [file, `${file}-wal`, `${file}-shm`, lockFile(directory, version)]) rmSync(path, { force: true });
  syncDirectory(directory);
}

/** Makes a version current, in one step that survives a crash. */
export function writePointer(directory: string, version: string): void {
  const temporary = join(directory, `${POINTER}.${process.pid}.tmp`);
  const fd = openSync(temporary, 'w');
  try {
    writeSync(fd, `${version}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, join(directory, POINTER));
  syncDirectory(directory);
}

/** Reads the pointer, but only when its file is another than at the last call: each switch renames a new file to it. */
export function pointerReader(directory: string): () => string | undefined {
  const path = join(directory, POINTER);
  let seen: { readonly ino: bigint; readonly mtimeNs: bigint; readonly version: string } | undefined;
  return () => {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (seen?.ino !== stat.ino || seen.mtimeNs !== stat.mtimeNs) {
      // Read after stat: if a switch comes between, the next call sees another file and reads again.
      seen = { ino: stat.ino, mtimeNs: stat.mtimeNs, version: readFileSync(path, 'utf8').trim() };
    }
    return seen.version;
  };
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
