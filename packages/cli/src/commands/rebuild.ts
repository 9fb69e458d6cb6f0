import { setTimeout as pass } from 'node:timers/promises';
import { enginesOf, loadConfig, openReadStore } from '@tenure/runtime';
import { type StandaloneConfig, standaloneConfig } from '@tenure/standalone';
import { Argument, Command } from 'commander';
import { CommandFailedError } from '../errors.ts';
import { type Io, say, sayJson } from '../io.ts';
import { startEmbedded } from '../server/start-embedded.ts';
import { viewsSettled } from '../server/views-settled.ts';

const pollMs = 50;

/** `tenure rebuild all`: builds the views anew from the log, while no service has the store open. */
export function rebuildCommand(io: Io): Command {
  return new Command('rebuild')
    .description('Build the views anew from the log in TENURE_DATA; no service may be using it')
    .addArgument(new Argument('<view>', 'the views of a store are built together').choices(['all']))
    .option('--json', 'as JSON')
    .action(async (_view: string, { json }: { readonly json?: true }) => {
      const startedAt = performance.now();
      const position = await rebuild(io);
      const seconds = (performance.now() - startedAt) / 1000;
      if (json) sayJson(io, { position, seconds });
      else say(io, `The views were built anew in ${seconds.toFixed(1)} s, up to position ${position ?? '-'}.`);
    });
}

async function rebuild(io: Io): Promise<string | null> {
  const before = await currentVersion(loadConfig(standaloneConfig, io.env));
  const advice = 'A rebuild needs the store for itself.';
  const { running } = await startEmbedded(io, { advice, rebuildViews: true });
  try {
    const { views } = running.context;
    const head = await viewsSettled(running.context);
    // Readers are switched over once the new views have all.
    while (before !== undefined && views.current().version === before) {
      if (views.failure !== undefined) throw new CommandFailedError(`The views cannot be built: ${views.failure}`);
      await pass(pollMs);
    }
    return head;
  } finally {
    await running.stop();
  }
}

async function currentVersion(config: StandaloneConfig): Promise<string | undefined> {
  const { readStore: engine } = enginesOf(config);
  const readStore = await openReadStore({ engine, directory: config.TENURE_DATA, owner: 'standalone' }, 'reader');
  try {
    return await readStore.current();
  } finally {
    await readStore.close();
  }
}
