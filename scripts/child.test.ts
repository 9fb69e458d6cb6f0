import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenure-child-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Starts a process that becomes `program`; answers it, its output so far, and how it ended. */
async function start(program: string, args: readonly string[] = []) {
  const child = new URL('./child.mjs', import.meta.url).href;
  await writeFile(join(folder, 'program.mjs'), program);
  await writeFile(
    join(folder, 'outer.mjs'),
    `import { become } from ${JSON.stringify(child)};
     become(process.execPath, [${JSON.stringify(join(folder, 'program.mjs'))}, ...process.argv.slice(2)]);`,
  );
  const outer = spawn(process.execPath, [join(folder, 'outer.mjs'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  outer.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const ended = once(outer, 'close').then(([code, signal]) => ({ code, signal, output }));
  return { outer, ended, said: () => output };
}

test('arguments and exit code are passed on', async () => {
  const { ended } = await start('console.log(process.argv.slice(2).join("|")); process.exitCode = 3;', ['a b', '--c']);
  expect(await ended).toEqual({ code: 3, signal: null, output: 'a b|--c\n' });
});

test.for(['SIGINT', 'SIGTERM'] as const)('%s reaches the child once, which ends in its own way', async (signal) => {
  const { outer, ended, said } = await start(`
    let count = 0;
    const alive = setInterval(() => undefined, 1000);
    process.on('${signal}', () => {
      count += 1;
      console.log(\`signal \${count}\`);
      if (count === 1) setTimeout(() => { clearInterval(alive); process.exitCode = 7; }, 100);
    });
    console.log('ready');`);
  await expect.poll(said).toContain('ready');
  outer.kill(signal);
  await expect.poll(said).toContain('signal 1');
  // npm repeats what the terminal has sent already.
  outer.kill(signal);
  expect(await ended).toEqual({ code: 7, signal: null, output: 'ready\nsignal 1\n' });
});

test('a child killed by a signal takes this process with it', async () => {
  const { ended } = await start('process.kill(process.pid, "SIGKILL");');
  expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' });
});
