import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const main = resolve(import.meta.dirname, '../../packages/cli/src/main.ts');

/** Runs a line of a document against a running service, as a reader would at a prompt. Returns what it prints. */
export async function runLine(line: string, url: string): Promise<string> {
  const command = line
    .replaceAll('localhost:8080', new URL(url).host)
    .replaceAll('npm run -s tenure --', `"${process.execPath}" "${main}"`);
  const { stdout } = await promisify(execFile)('bash', ['-ec', command], { env: { ...process.env, TENURE_URL: url } });
  return stdout;
}
