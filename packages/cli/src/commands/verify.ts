import { mostSampled, verificationView } from '@tenure/contracts';
import { Command, InvalidArgumentError } from 'commander';
import { CommandFailedError } from '../errors.ts';
import { type Io, say, sayJson } from '../io.ts';
import { resolveCustomer } from '../server/customer-ref.ts';
import { followJob } from '../server/follow-job.ts';
import { withServer } from '../server/open-server.ts';
import { describeVerification } from './describe-verification.ts';

interface Options {
  readonly sample?: number;
  readonly customer?: readonly string[];
  readonly heal?: true;
  readonly json?: true;
}

/** `tenure verify`: compares what is served with the log. Exit code 1 when something differs and is not healed. */
export function verifyCommand(io: Io, exit: (code: number) => void): Command {
  return new Command('verify')
    .description('Compare what is served with the pure fold of the log, while all goes on')
    .option('--sample <count>', 'so many customers by chance; everything if left out', countOf)
    .option('--customer <reference...>', 'these customers: ids, or source/key')
    .option('--heal', 'replace what differs by what the log says')
    .option('--json', 'as JSON')
    .action(({ sample, customer, heal, json }: Options) =>
      withServer(io, async ({ client, settle }) => {
        await settle();
        const customers: string[] = [];
        for (const reference of customer ?? []) customers.push(await resolveCustomer(client, reference));
        const body = { sample, heal, ...(customers.length > 0 ? { customers } : {}) };
        const { id } = verificationView.parse(await client.post('/v1/audit/verifications', body));
        const path = `/v1/audit/verifications/${id}`;
        const ended = await followJob({ io, client, path, isQuiet: json === true }, verificationView.parse);
        if (ended.status !== 'done') {
          throw new CommandFailedError(`The verification ${ended.status}: ${ended.failure ?? 'somebody ended it'}`);
        }
        if (json) sayJson(io, ended);
        else for (const line of describeVerification(ended)) say(io, line);
        if (ended.comparison.differences > ended.comparison.healed) exit(1);
      }),
    );
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= mostSampled) return count;
  throw new InvalidArgumentError(`must be a whole number from 1 to ${mostSampled}`);
}
