import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { playShared } from './shared-views.ts';

it('try', async () => {
  const [from, to] = (process.env.TRY ?? '1-1').split('-').map(Number) as [number, number];
  const startedAt = process.cpuUsage();
  const out: string[] = [];
  for (let seed = from; seed <= to; seed++) {
    const { trace, failure } = await playShared(seed);
    if (from === to) out.push(trace.lines.join('\n'));
    if (failure !== undefined) {
      const f = failure as any;
      out.push(
        `${seed} FAILED ${String(f.stack).slice(0, 600)} ${JSON.stringify(f.actual)?.slice(0, 3000)} != ${JSON.stringify(f.expected)?.slice(0, 1500)}`,
      );
    } else out.push(`${seed} ok ${trace.steps} ${trace.hash.slice(0, 8)} ${trace.lines[0]}`);
  }
  out.push(`cpu ms ${process.cpuUsage(startedAt).user / 1e3} ${process.cpuUsage(startedAt).system / 1e3}`);
  writeFileSync('/tmp/simulator-try.txt', out.join('\n'));
}, 600_000);
