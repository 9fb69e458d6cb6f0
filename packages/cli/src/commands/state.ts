import { Command } from 'commander';
import { type Io, say, sayJson } from '../io.ts';
import { resolveCustomer } from '../server/customer-ref.ts';
import { withServer } from '../server/open-server.ts';
import { formatOutline } from '../terminal/outline.ts';

interface Options {
  readonly asOf?: string;
  readonly knownAt?: string;
  readonly json?: true;
}

/** `tenure state CUSTOMER`: what all services know, folded from the log. */
export function stateCommand(io: Io): Command {
  return new Command('state')
    .description('The state of all services about a customer, folded from the log')
    .argument('<customer>', 'id, or source/key')
    .option('--as-of <instant>', 'what had happened by then, such as 2011-02-01T00:00Z; now if left out')
    .option('--known-at <instant>', 'what was known by then; now if left out')
    .option('--json', 'as JSON')
    .action((reference: string, { asOf, knownAt, json }: Options) =>
      withServer(io, async ({ client, settle }) => {
        await settle();
        const id = await resolveCustomer(client, reference);
        const query = new URLSearchParams({ ...(asOf && { asOf }), ...(knownAt && { knownAt }) });
        const state = await client.get(`/v1/audit/customers/${id}/state?${query}`);
        if (json) sayJson(io, state);
        else for (const line of formatOutline(state)) say(io, line);
      }),
    );
}
