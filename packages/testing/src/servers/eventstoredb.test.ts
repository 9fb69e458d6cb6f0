import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startEventStoreDB } from './eventstoredb.ts';

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const gone = (pid: number): Promise<void> => vi.waitFor(() => expect(runs(pid)).toBe(false), { timeout: 20_000 });

it('leaves neither process nor directory when it stops, however often', async () => {
  const server = await startEventStoreDB();
  const { pid, directory } = server;
  expect([runs(pid), existsSync(directory)]).toEqual([true, true]);
  await server.stop();
  await server.stop();
  expect([runs(pid), existsSync(directory)]).toEqual([false, false]);
  expect(() => server.pid).toThrow(/not running/);
  await expect(server.failures.heal()).rejects.toThrow(/not running/);
});

it('keeps a directory that it was given', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-eventstoredb-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const server = await startEventStoreDB({ directory });
  await server.stop();
  expect(existsSync(join(directory, 'events.log'))).toBe(true);
});

it('starts again on the same port after it was killed, and only then', async () => {
  const server = await startEventStoreDB();
  onTestFinished(() => server.stop());
  const { pid, url } = server;
  await expect(server.start()).rejects.toThrow(/running already/);
  await server.kill();
  expect(runs(pid)).toBe(false);
  await server.start();
  expect(server.url).toBe(url);
  expect(server.pid).not.toBe(pid);
});

it('says why it cannot start', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const address = other.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  await expect(startEventStoreDB({ port: address.port })).rejects.toThrow(/EADDRINUSE/);
  const directory = mkdtempSync(join(tmpdir(), 'tenure-eventstoredb-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'events.log'), 'something that is longer than the first bytes of a log');
  await expect(startEventStoreDB({ directory })).rejects.toThrow(/is no log/);
});

it('ends with the process that started it, even when that is killed', async () => {
  const module = new URL('./eventstoredb.ts', import.meta.url).href;
  const program = `
    const { startEventStoreDB } = await import(${JSON.stringify(module)});
    const { pid, directory } = await startEventStoreDB();
    console.log(JSON.stringify({ pid, directory }));`;
  const parent = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  const { pid, directory } = JSON.parse(String(line)) as { pid: number; directory: string };
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  expect(runs(pid)).toBe(true);
  const exited = once(parent, 'exit');
  parent.kill('SIGKILL');
  await exited;
  await gone(pid);
});
