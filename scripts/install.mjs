import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const OFFLINE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|META_FETCH_FAIL|NO_OFFLINE/;

/** A machine that is offline should hear so in seconds; the tools' own patience is minutes. */
const IMPATIENT = {
  npm_config_fetch_retries: '1',
  npm_config_fetch_retry_mintimeout: '1000',
  npm_config_fetch_timeout: '60000',
};

/**
 * Installs what the lockfile names, unless it is there. Says so on stderr, and shows the installer's output only when
 * it fails.
 *
 * @param {string} root the workspace
 * @returns {Promise<{ installed: boolean, node: string }>} `node` is the path of the workspace's own Node
 * @throws {Error} with what to do, when the installation fails
 */
export async function ensureInstalled(root) {
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if ((await isInStep(root)) && (await isExecutable(node))) return { installed: false, node };

  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  console.error('Installing what is missing; this takes a minute the first time ...');
  const { code, output } = await run('npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], root);
  if (code !== 0 || !(await isExecutable(node))) {
    const why = OFFLINE.test(output)
      ? 'The package registry cannot be reached. Connect to the network (or set the registry or proxy that npm should use), then run the same command again.'
      : 'The packages could not be installed.';
    throw new Error(`${output.trimEnd()}\n\n${why}`);
  }
  await mkdir(dirname(stampFile(root)), { recursive: true });
  await writeFile(stampFile(root), await state(root));
  return { installed: true, node };
}

/**
 * Whether `node_modules` is what the lockfile asks for. pnpm leaves a copy of the lockfile there: the same bytes, but
 * where a package was left out for the sake of the platform; then our stamp says which copy came of which lockfile.
 *
 * @param {string} root
 */
export async function isInStep(root) {
  const now = await state(root);
  const [wanted, installed] = now.split(' ');
  return wanted === installed || now === (await readFile(stampFile(root), 'utf8').catch(absent));
}

/** @param {string} root */
async function state(root) {
  const copy = await digest(join(root, 'node_modules', '.pnpm', 'lock.yaml')).catch(absent);
  return `${await digest(join(root, 'pnpm-lock.yaml'))} ${copy}`;
}

/** @param {string} root */
const stampFile = (root) => join(root, 'node_modules', '.cache', 'installed');

/** @param {string} file */
const digest = async (file) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

/** @param {NodeJS.ErrnoException} error @returns {undefined} */
function absent(error) {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

/** @param {string} file */
async function isExecutable(file) {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run(program, args, cwd) {
  return new Promise((resolve, reject) => {
    // CI: pnpm then asks nothing. On Windows, npx is a script for the shell; no argument of ours needs quoting.
    const env = { ...process.env, ...IMPATIENT, CI: 'true' };
    const child = spawn(program, args, {
      cwd,
      env,
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      output += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
