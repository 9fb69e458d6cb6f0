import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cases } from './cases/index.ts';
import type { Case } from './harness/case.ts';

export interface Options {
  readonly cases: readonly Case[];
  /** Small sizes, to see that everything runs. */
  readonly quick: boolean;
  /** Runs of each case, whose median counts; undefined: as many as the sizes say. */
  readonly runs: number | undefined;
  /** Folder for CPU profiles, one for each thread of what is measured. */
  readonly profile: string | undefined;
  /** Says nothing but the results, as JSON. */
  readonly json: boolean;
  /** Where results and table go; none: nothing is written. */
  readonly out: string | undefined;
}

const usage = `Usage: npm run bench [-- OPTIONS]
  --only ID[,ID]   ${cases.map(({ id }) => id).join(', ')}
  --quick          small sizes, to see that it runs; writes no results
  --runs N         runs of each case, whose median counts; 3 if left out
  --json           says the results alone, as JSON, instead of a table
  --profile DIR    writes CPU profiles of the server's threads`;

/** Wrong use: the message says what is right. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(`${message}\n${usage}`, options);
    this.name = 'UsageError';
  }
}

/** @throws {UsageError} */
export function readOptions(args: readonly string[]): Options {
  const { only, quick = false, json = false, profile, runs } = parse(args);
  if (runs !== undefined && !/^[1-9]$/.test(runs)) throw new UsageError('--runs takes a number from 1 to 9');
  const ids = only?.split(',');
  const unknown = ids?.find((id) => !cases.some((one) => one.id === id));
  if (unknown !== undefined) throw new UsageError(`There is no ${unknown}`);
  return {
    cases: ids === undefined ? cases : cases.filter(({ id }) => ids.includes(id)),
    quick,
    runs: runs === undefined ? undefined : Number(runs),
    json,
    profile: profile === undefined ? undefined : resolve(profile),
    out: quick ? undefined : import.meta.dirname,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        quick: { type: 'boolean' },
        runs: { type: 'string' },
        json: { type: 'boolean' },
        profile: { type: 'string' },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
