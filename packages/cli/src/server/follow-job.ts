import { setTimeout as pass } from 'node:timers/promises';
import type { Io } from '../io.ts';
import { noProgress, progressStyle } from '../terminal/progress.ts';
import type { Client } from './client.ts';

const pollMs = 200;

interface FollowedJob {
  readonly status: string;
  readonly endedAt: string | null;
  readonly progress: { readonly percent: number };
}

/** Asks for a job again and again until it has ended, and shows how far it is. */
export async function followJob<J extends FollowedJob>(
  { io, client, path, isQuiet }: { readonly io: Io; readonly client: Client; readonly path: string; isQuiet: boolean },
  parse: (answer: unknown) => J,
): Promise<J> {
  const style = isQuiet ? noProgress : progressStyle(io.stderr);
  const progress = style({ label: 'Log', total: 100, unit: '%' });
  try {
    for (;;) {
      const job = parse(await client.get(path));
      progress.update(Math.floor(job.progress.percent));
      if (job.endedAt !== null) return job;
      await pass(pollMs);
    }
  } finally {
    progress.stop();
  }
}
