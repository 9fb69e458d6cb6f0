import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Where real servers for tests come from: this machine's Java and Python, containers, or nowhere. */
export type ServersMode = 'local' | 'docker' | 'none';

const modes: readonly ServersMode[] = ['local', 'docker', 'none'];

let found: ServersMode | undefined;

/** As `TENURE_TEST_SERVERS` says, else what this machine can do. @throws {RangeError} for another value */
export function serversMode(): ServersMode {
  found ??= modeFrom(process.env.TENURE_TEST_SERVERS);
  return found;
}

/** Whether tests start servers: in the long runs, and where somebody says which (`TENURE_TEST_SERVERS`). */
export function testsHaveServers(): boolean {
  const areWanted = process.env.TENURE_TEST_FULL === '1' || (process.env.TENURE_TEST_SERVERS ?? '') !== '';
  return areWanted && serversMode() !== 'none';
}

function modeFrom(wanted: string | undefined): ServersMode {
  if (wanted === undefined || wanted === '') {
    if (runs('mvn', '--version') && runs('python3', '--version')) return 'local';
    return existsSync('/var/run/docker.sock') ? 'docker' : 'none';
  }
  const mode = modes.find((one) => one === wanted);
  if (mode === undefined) throw new RangeError(`TENURE_TEST_SERVERS is "${wanted}", none of ${modes.join(', ')}`);
  return mode;
}

function runs(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
