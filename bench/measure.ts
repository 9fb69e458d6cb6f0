import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case, CaseContext, Sample } from './harness/case.ts';
import { fullSizes, quickSizes } from './harness/sizes.ts';
import { createStores } from './harness/stores.ts';
import type { Options } from './options.ts';
import { describeMachine } from './report/machine.ts';
import { type CaseResult, type Results, resultOf } from './report/results.ts';
import { tableOf, withTable } from './report/table.ts';

/** Measures the cases, each several times, and writes down what came out. A missed target is a result, no failure. */
export async function measure(
  { cases, quick, runs, profile, out }: Options,
  say: (text: string) => void,
): Promise<Results> {
  const given = quick ? quickSizes : fullSizes;
  const sizes = { ...given, runs: runs ?? given.runs };
  const stores = await createStores();
  const measured: Record<string, CaseResult> = {};
  try {
    for (const one of cases) {
      measured[one.id] = resultOf(one, await runsOf(one, { sizes, stores, profile }, say));
      say(`${one.id}: ${JSON.stringify(measured[one.id])}`);
    }
  } finally {
    await stores.close();
  }
  const results: Results = { machine: describeMachine(), cases: measured };
  if (out !== undefined) await write(out, results);
  return results;
}

async function runsOf(one: Case, context: CaseContext, say: (text: string) => void): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let run = 1; run <= context.sizes.runs; run++) {
    const start = performance.now();
    const sample = await one.measure(context);
    samples.push(sample);
    say(`${one.id} ${run}/${context.sizes.runs} ${seconds(start)} s ${JSON.stringify(sample)}`);
  }
  return samples;
}

/** What was not measured this time stays as it was. */
async function write(directory: string, results: Results): Promise<void> {
  const file = join(directory, 'results.json');
  const page = join(directory, 'README.md');
  const earlier = JSON.parse(await readFile(file, 'utf8').catch(nothingYet)) as Partial<Results>;
  const all: Results = { ...results, cases: { ...earlier.cases, ...results.cases } };
  await writeFile(file, `${JSON.stringify(all, undefined, 2)}\n`);
  await writeFile(page, withTable(await readFile(page, 'utf8'), tableOf(all)));
}

function nothingYet(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '{}';
  throw error;
}

const seconds = (start: number): string => ((performance.now() - start) / 1_000).toFixed(1);
