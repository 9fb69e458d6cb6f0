import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NAMES = ['python3.11', 'python3.12', 'python3.13', 'python3', 'python'];
const OLD_ENOUGH = 'import sys; sys.exit(sys.version_info < (3, 11))';

/**
 * Makes sure of a Python environment of the workspace's own with what `tests/requirements.txt` names, and installs only
 * what changed.
 *
 * @returns the path of its interpreter
 * @throws when there is no Python 3.11 or later, or when the packages can't be installed
 */
export async function pythonEnv(root: string): Promise<string> {
  const folder = join(root, 'node_modules', '.cache', 'py');
  const python = process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  const requirements = join(root, 'tests', 'requirements.txt');
  const stamp = join(folder, 'installed.txt');
  const wanted = await readFile(requirements, 'utf8');
  if ((await readFile(stamp, 'utf8').catch(() => undefined)) === wanted) return python;

  await rm(folder, { recursive: true, force: true });
  await run(await findPython(), ['-m', 'venv', folder]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  await writeFile(stamp, wanted);
  return python;
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
