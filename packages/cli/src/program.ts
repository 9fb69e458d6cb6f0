import { Command, CommanderError } from 'commander';
import { backupCommand, restoreCommand } from './commands/backup.ts';
import { benchCommand } from './commands/bench.ts';
import { clusterCommand } from './commands/cluster.ts';
import { correlationCommand } from './commands/correlation.ts';
import { demoCommand } from './commands/demo.ts';
import { diffCommand } from './commands/diff.ts';
import { historyCommand } from './commands/history.ts';
import { importCommand } from './commands/import.ts';
import { migrateCommand } from './commands/migrate.ts';
import { parkedCommand } from './commands/parked.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { serveCommand } from './commands/serve.ts';
import { stateCommand } from './commands/state.ts';
import { whyCommand } from './commands/why.ts';
import type { Io } from './io.ts';

/**
 * Runs a command.
 * @returns the exit code: 0 done, 1 failed, 2 wrong use
 */
export async function runCommand(args: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const exit = (other: number): void => {
    code = other;
  };
  const program = new Command('tenure')
    .description("Each customer's whole life as one ordered, replayable history")
    .addHelpText('after', environment)
    .addCommand(serveCommand(io))
    .addCommand(demoCommand(io))
    .addCommand(importCommand(io, exit))
    .addCommand(historyCommand(io))
    .addCommand(stateCommand(io))
    .addCommand(whyCommand(io))
    .addCommand(diffCommand(io))
    .addCommand(correlationCommand(io))
    .addCommand(parkedCommand(io, exit))
    .addCommand(rebuildCommand(io))
    .addCommand(backupCommand(io))
    .addCommand(restoreCommand(io))
    .addCommand(migrateCommand(io))
    .addCommand(clusterCommand(io))
    .addCommand(benchCommand(exit));
  for (const command of allOf(program)) {
    command
      .exitOverride()
      .showHelpAfterError('(--help tells more)')
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: (text) => io.stderr.write(text),
      });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said what is wrong; help and version are no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`${explain(error)}\n`);
    return error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number' ? error.exitCode : 1;
  }
}

const environment = `
The commands talk to the service at TENURE_URL (with the key TENURE_API_KEY), else to one on this machine's TENURE_PORT
(8080); if there is none, they open the store in TENURE_DATA (./data) themselves.`;

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

/** Errors with a code say what to do; others are bugs, and their stack says where. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') return `${error.message}: set TENURE_PORT to another port.`;
  return 'code' in error && typeof error.code === 'string' ? error.message : (error.stack ?? error.message);
}
