import { setTimeout as pass } from 'node:timers/promises';
import { type WhatIfView, whatIfView } from '@tenure/contracts';
import { Command } from 'commander';
import { CommandFailedError } from '../errors.ts';
import { type Io, say, sayJson } from '../io.ts';
import { describeWhatIf } from '../policies/describe-what-if.ts';
import { readDraft, readInstant } from '../policies/read-draft.ts';
import type { Client } from '../server/client.ts';
import { withServer } from '../server/open-server.ts';
import { noProgress, type Progress, type ProgressStyle, progressStyle } from '../terminal/progress.ts';

interface Options {
  readonly policy: string;
  readonly from?: string;
  readonly asOf?: string;
  readonly knownAt?: string;
  readonly json?: true;
}

const pollMs = 200;

/** `tenure what-if`: who would move under a draft policy. Ctrl-C cancels it. */
export function whatIfCommand(io: Io): Command {
  return new Command('what-if')
    .description('Replay history under a draft policy: who would move from where to where; nothing is changed')
    .requiredOption('--policy <file>', 'the draft, as `tenure policies draft` writes one')
    .option('--from <instant>', 'as if it held from then on; always if left out')
    .option('--as-of <instant>', 'what had happened by then; now if left out')
    .option('--known-at <instant>', 'what was known by then; now if left out')
    .option('--json', 'as JSON')
    .action(async ({ policy, from, asOf, knownAt, json }: Options) => {
      const question = {
        draft: readDraft(policy),
        ...(from && { effectiveFrom: readInstant('--from', from) }),
        ...(asOf && { asOf: readInstant('--as-of', asOf) }),
        ...(knownAt && { knownAt: readInstant('--known-at', knownAt) }),
      };
      await withServer(io, async ({ client }) => {
        const style = json ? noProgress : progressStyle(io.stderr);
        const { id } = whatIfView.parse(await client.post('/v1/audit/what-if', question));
        const view = await ended(client, id, style);
        if (view.result === null) throw new CommandFailedError(`The what-if ${view.status}: ${view.reason ?? ''}`);
        if (json) return sayJson(io, view);
        for (const line of describeWhatIf(view.result, io.stdout.columns)) say(io, line);
      });
    });
}

/** Waits for the end of a what-if, showing how far it is; an interrupt cancels it. */
async function ended(client: Client, id: string, style: ProgressStyle): Promise<WhatIfView> {
  const path = `/v1/audit/what-if/${id}`;
  const cancel = (): void => void client.post(`${path}/cancel`).catch(() => undefined);
  process.once('SIGINT', cancel);
  let progress: Progress | undefined;
  try {
    for (;;) {
      const view = whatIfView.parse(await client.get(path));
      const { done, total } = view.progress;
      if (total !== null) progress ??= style({ label: 'Replaying', total, unit: 'customers' });
      progress?.update(done);
      if (view.status !== 'running') return view;
      await pass(pollMs);
    }
  } finally {
    progress?.stop();
    process.off('SIGINT', cancel);
  }
}
