import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createIds } from './ids.ts';

/** The secret behind all ids, or the reason that it cannot be used. */
export class IdKeyError extends Error {
  readonly code = 'id-key';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IdKeyError';
  }
}

const FINGERPRINT_FILE = 'id.fingerprint';

/** Where a directory's id key is, unless it is given from outside. */
export function idKeyFile(directory: string): string {
  return join(directory, 'id.key');
}

/**
 * The id key of a data directory: `override` (TENURE_ID_KEY, 64 hex digits), else the file `id.key`, which is made once.
 * The key's fingerprint is kept beside the log: another key would give every customer another id.
 * @throws {IdKeyError} if the key is malformed, or not the one that the directory was first used with
 */
export function openIdKey(directory: string, override?: string): Buffer {
  mkdirSync(directory, { recursive: true });
  const secretFile = idKeyFile(directory);
  const fingerprintFile = join(directory, FINGERPRINT_FILE);
  let hex = override;
  if (hex === undefined) {
    if (!existsSync(secretFile)) {
      if (existsSync(fingerprintFile)) {
        throw new IdKeyError(`${secretFile} is gone, and TENURE_ID_KEY is not set: ids cannot be made as before`);
      }
      createOnce(directory, secretFile, randomBytes(32).toString('hex'));
    }
    hex = readFileSync(secretFile, 'utf8').trim();
  }
  if (!/^[0-9a-f]{64}$/i.test(hex)) {
    throw new IdKeyError(`${override === undefined ? secretFile : 'TENURE_ID_KEY'} is not 32 bytes in hex`);
  }
  const key = Buffer.from(hex, 'hex');
  const { fingerprint } = createIds(key);
  if (!existsSync(fingerprintFile)) createOnce(directory, fingerprintFile, fingerprint);
  if (readFileSync(fingerprintFile, 'utf8').trim() !== fingerprint) {
    throw new IdKeyError(
      `the id key is not the one that ${directory} was made with: every customer would get another id`,
    );
  }
  return key;
}

/** Writes a file whole and durably, unless it exists; when two processes try, both find the winner's. */
function createOnce(directory: string, file: string, content: string): void {
  const draft = `${file}.${randomUUID()}`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeSync(handle, `${content}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
  const folder = openSync(directory, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
