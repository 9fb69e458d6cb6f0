import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/tenure-servers/', import.meta.url));
const NAMES = ['python3.11', 'python3.12', 'python3.13', 'python3', 'python'];
const OLD_ENOUGH = 'import sys; sys.exit(sys.version_info < (3, 11))';
const STAMP = 'installed.txt';

/**
 * A Python that has a package of PyPI: an environment of its own in the workspace's cache, made at the first call. It
 * is made under another name and renamed, so that several processes may make it at once; the first one's stays.
 *
 * @returns the path of the interpreter
 * @throws when there is no Python 3.11 or later, or when the package cannot be installed
 */
export async function pythonPackage(wanted: { readonly name: string; readonly version: string }): Promise<string> {
  const requirement = `${wanted.name}==${wanted.version}`;
  const folder = join(CACHE, `${wanted.name.toLowerCase()}-${wanted.version}`);
  if (existsSync(join(folder, STAMP))) return interpreter(folder);

  const temporary = `${folder}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await mkdir(CACHE, { recursive: true });
  try {
    await run(await findPython(), ['-m', 'venv', temporary]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement];
    await run(interpreter(temporary), pip);
    await writeFile(join(temporary, STAMP), `${requirement}\n`);
    await rename(temporary, folder).catch((reason: unknown) => {
      if (!existsSync(join(folder, STAMP))) throw reason;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return interpreter(folder);
}

/** An environment is no longer where it was made: its interpreter does not mind, its other programs would. */
function interpreter(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

async function findPython(): Promise<string> {
  for (const name of NAMES) {
    const fits = await run(name, ['-c', OLD_ENOUGH]).then(
      () => true,
      () => false,
    );
    if (fits) return name;
  }
  throw new Error(`No Python 3.11 or later found (looked for ${NAMES.join(', ')})`);
}
