import { setTimeout as pass } from 'node:timers/promises';
import { type RebuildView, rebuildView } from '@tenure/contracts';
import { enginesOf, loadConfig, openReadStore } from '@tenure/runtime';
import { type StandaloneConfig, services, standaloneConfig } from '@tenure/standalone';
import { Argument, Command } from 'commander';
import { CommandFailedError } from '../errors.ts';
import { type Io, say, sayJson } from '../io.ts';
import { followJob } from '../server/follow-job.ts';
import { findService, withServer } from '../server/open-server.ts';
import { startEmbedded } from '../server/start-embedded.ts';
import { viewsSettled } from '../server/views-settled.ts';
import { formatTable } from '../terminal/table.ts';

const pollMs = 50;
const views = services.flatMap((service) =>
  (service.views?.definition.projections ?? []).flatMap(({ collections }) => collections.map(({ name }) => name)),
);

interface Options {
  readonly json?: true;
}

/** `tenure rebuild VIEW`: builds the views anew from the log, in a service that runs, else in the store itself. */
export function rebuildCommand(io: Io): Command {
  return new Command('rebuild')
    .description('Build views anew from the log, and serve them once they have all of it')
    .addArgument(new Argument('<view>', 'the views of a store are built together').choices(['all', ...views]))
    .option('--json', 'as JSON')
    .action(async (view: string, { json }: Options) => {
      const client = await findService(io);
      if (client === undefined) return rebuildOffline(io, json === true);
      const { id } = rebuildView.parse(await client.post('/v1/audit/rebuilds', { view }));
      const path = `/v1/audit/rebuilds/${id}`;
      const ended = await followJob({ io, client, path, isQuiet: json === true }, rebuildView.parse);
      sayEnd(io, ended, json === true);
    });
}

/** `tenure rebuilds list|cancel|switch-back|drop`: what was built anew, and the way back. */
export function rebuildsCommand(io: Io): Command {
  const list = new Command('list')
    .description('Rebuilds, the latest first')
    .option('--json', 'as JSON, a line each')
    .action(({ json }: Options) =>
      withServer(io, async ({ client }) => {
        const found: RebuildView[] = [];
        for await (const item of client.list('/v1/audit/rebuilds')) {
          if (json) sayJson(io, item);
          else found.push(rebuildView.parse(item));
        }
        if (json) return;
        if (found.length === 0) say(io, 'Nothing was rebuilt.');
        else for (const line of formatTable(columns, found, io.stdout.columns)) say(io, line);
      }),
    );
  const action = (name: string, description: string): Command =>
    new Command(name)
      .description(description)
      .argument('<id>')
      .option('--json', 'as JSON')
      .action((id: string, { json }: Options) =>
        withServer(io, async ({ client }) => {
          const path = `/v1/audit/rebuilds/${encodeURIComponent(id)}`;
          await client.post(`${path}/${name}`);
          const ended = await followJob({ io, client, path, isQuiet: json === true }, rebuildView.parse);
          if (json) sayJson(io, ended);
          else say(io, `${id}: ${ended.status}${ended.kept === null ? '' : `, ${ended.kept} is kept`}`);
        }),
      );
  return new Command('rebuilds')
    .description('Rebuilds of the views, and the way back from them')
    .addCommand(list)
    .addCommand(action('cancel', 'End a rebuild that is under way'))
    .addCommand(action('switch-back', 'Serve the version again that is kept'))
    .addCommand(action('drop', 'Drop the version that is kept: there is no way back then'));
}

const columns = [
  { title: 'id', value: (one: RebuildView) => one.id },
  { title: 'started', value: (one: RebuildView) => one.startedAt },
  { title: 'view', value: (one: RebuildView) => one.view },
  { title: 'status', value: (one: RebuildView) => one.status },
  { title: 'percent', value: (one: RebuildView) => String(one.progress.percent) },
  { title: 'differed', value: (one: RebuildView) => String(one.comparison.differences) },
  { title: 'kept', value: (one: RebuildView) => one.kept ?? '-' },
];

function sayEnd(io: Io, ended: RebuildView, json: boolean): void {
  if (ended.status !== 'switched') {
    throw new CommandFailedError(`The rebuild ${ended.status}${ended.failure === null ? '' : `: ${ended.failure}`}`);
  }
  const { comparison, version, kept, id } = ended;
  const { documents, differences } = comparison;
  if (json) sayJson(io, ended);
  else say(io, `The views ${version} are served; ${differences} of ${documents} documents were otherwise before.`);
  if (!json && kept !== null) say(io, `${kept} is kept: tenure rebuilds switch-back ${id}, or drop.`);
}

async function rebuildOffline(io: Io, json: boolean): Promise<void> {
  const startedAt = performance.now();
  const position = await rebuild(io);
  const seconds = (performance.now() - startedAt) / 1000;
  if (json) sayJson(io, { position, seconds });
  else say(io, `The views were built anew in ${seconds.toFixed(1)} s, up to position ${position ?? '-'}.`);
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
