import { Command } from 'commander';
import { importPurchases } from '../import/import-purchases.ts';
import { loadMap, mapNames } from '../import/load-map.ts';
import type { Io } from '../io.ts';
import { say, sayJson } from '../io.ts';
import { openServer, type Server } from '../server/open-server.ts';
import { progressStyle } from '../terminal/progress.ts';
import { describeImport, isComplete } from './describe-import.ts';

interface Options {
  readonly map: string;
  readonly source?: string;
  readonly parked?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

/** `tenure import purchases FILE`. Exit code 1 when not everything of the file is in the store afterwards. */
export function importCommand(io: Io, exit: (code: number) => void): Command {
  const purchases = new Command('purchases')
    .description('Import purchases and refunds from a file, as a map says; doing it again changes nothing')
    .argument('<file>', 'CSV or columns of text, plain or gzipped')
    .requiredOption('--map <map>', `${mapNames().join(', ')}, or a file that ends in .json`)
    .option('--source <name>', "who publishes the facts; else the map's")
    .option('--parked <file>', 'where rows go that cannot be imported; else FILE.parked.ndjson')
    .option('--dry-run', 'read the file and park what cannot be read, but send nothing')
    .option('--json', 'the outcome as JSON')
    .addHelpText(
      'after',
      '\nExit code: 0 all of it is in the store, 1 rows were parked or the service did not take them, 2 wrong use.',
    )
    .action(async (file: string, options: Options) => {
      let server: Server | undefined;
      const connect = async () => {
        server = await openServer(io);
        return server.client;
      };
      try {
        const summary = await importPurchases({
          file,
          map: loadMap(options.map),
          source: options.source,
          parkedPath: options.parked,
          progress: progressStyle(io.stderr),
          connect: options.dryRun ? undefined : connect,
        });
        await server?.settle();
        if (options.json) sayJson(io, summary);
        else for (const line of describeImport(summary)) say(io, line);
        if (!isComplete(summary)) exit(1);
      } finally {
        await server?.close();
      }
    });
  return new Command('import').description('Bring in what is in files').addCommand(purchases);
}
