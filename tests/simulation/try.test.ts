import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { parsePlan, planOf } from './plan.ts';
import { play } from './run.ts';

it('try', async () => {
  const [from, to] = (process.env.TRY ?? '1-1').split('-').map(Number) as [number, number];
  const startedAt = process.cpuUsage();
  let bad = 0;
  let steps = 0;
  const out: string[] = [];
  for (let seed = from; seed <= to; seed++) {
    const t = process.cpuUsage();
    const { trace, failure, arrived } = await play(process.env.PLAN ? parsePlan(process.env.PLAN) : planOf(seed));
    steps += trace.steps;
    const ms = (process.cpuUsage(t).user + process.cpuUsage(t).system) / 1e3;
    if (from === to) out.push(trace.lines.join('\n'));
    if (failure !== undefined) { bad++; out.push(`${seed} FAILED ${arrived} ${String((failure as Error).stack).slice(0, from === to ? 6000 : 500)}`); }
    else out.push(`${seed} ok ${arrived} ${trace.steps} ${trace.hash.slice(0, 8)} ${ms.toFixed(0)}ms`);
  }
  out.push(`failed ${bad} steps ${steps} cpu ms ${process.cpuUsage(startedAt).user / 1e3} ${process.cpuUsage(startedAt).system / 1e3}`);
  writeFileSync('/tmp/simulator-try.txt', out.join('\n'));
}, 600_000);
