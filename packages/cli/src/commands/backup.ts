import { backupLog, restoreLog } from '@tenure/event-store/sqlite';
import { loadConfig } from '@tenure/runtime';
import { standaloneConfig } from '@tenure/standalone';
import { Command } from 'commander';
import { type Io, say, sayJson } from '../io.ts';

interface Options {
  readonly json?: true;
}

/** `tenure backup DIR`: the log and its keys; the store may be in use. */
export function backupCommand(io: Io): Command {
  return new Command('backup')
    .description('Copy the log and its keys, while a service runs or not; on the machine that has TENURE_DATA')
    .argument('<directory>', 'a new directory')
    .option('--json', 'as JSON')
    .action((target: string, { json }: Options) => {
      const { TENURE_DATA: directory } = loadConfig(standaloneConfig, io.env);
      const report = backupLog({ directory, target });
      if (json) sayJson(io, { directory, target, ...report });
      else
        say(io, `${target} holds ${report.events} events of ${directory}, and the keys that open them: keep it safe.`);
    });
}

/** `tenure restore DIR`: views are built anew at the next start. */
export function restoreCommand(io: Io): Command {
  return new Command('restore')
    .description('Put a backup in the place of the log in TENURE_DATA; no service may be using it')
    .argument('<directory>', 'what tenure backup made')
    .option('--json', 'as JSON')
    .action((backup: string, { json }: Options) => {
      const { TENURE_DATA: directory } = loadConfig(standaloneConfig, io.env);
      const report = restoreLog({ backup, directory });
      if (json) return sayJson(io, { directory, backup, ...report });
      say(io, `${directory} holds the log of ${backup} again, in a new epoch; the views follow at the next start.`);
      if (report.setAside !== undefined) say(io, `What was there is in ${report.setAside}.`);
    });
}
