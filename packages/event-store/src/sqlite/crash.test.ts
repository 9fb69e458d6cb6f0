import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { appendOne, idsOf, newEvent, streamName } from '../contract/harness.ts';
import { StoreLockedError } from '../errors.ts';
import { temporaryDirectory } from './fixtures/temporary-directory.ts';
import { openSqliteEventStore, startLogWriter } from './index.ts';

const FIXTURE = fileURLToPath(new URL('./fixtures/appending-process.ts', import.meta.url));
const ROUNDS = 5;

/** A process that appends, and its lines as they come. */
const startAppending = (directory: string, run: string): { child: ChildProcess; lines: AsyncIterator<string> } => {
  const child = spawn(process.execPath, ['--no-warnings', FIXTURE, directory, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('no output to read');
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
};

const kill = async (child: ChildProcess): Promise<void> => {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
};

it('I6: what was answered before kill -9 is there, once, and nothing is torn', async () => {
  const directory = temporaryDirectory();
  const answered: { position: string; stream: string; revision: number; id: string }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { child, lines } = startAppending(directory, `round ${round}`);
    // Each round is cut off at another point of the work.
    for (let left = 20 + 97 * round; left > 0; left--) {
      const { value, done } = await lines.next();
      if (done) throw new Error('the process ended by itself');
      if (value !== 'open') answered.push(parse(value));
    }
    await kill(child);
    for (let next = await lines.next(); !next.done; next = await lines.next()) answered.push(parse(next.value));
  }
  const store = await openSqliteEventStore({ directory });
  const events = await store.readAll({ limit: 1_000_000 });
  const byPosition = new Map(events.map((event) => [event.position, event]));
  for (const { position, stream, revision, id } of answered)
    expect(byPosition.get(position)).toMatchObject({ stream, revision, id, personal: { n: revision } });
  expect(new Set(idsOf(events)).size).toBe(events.length);
  for (const n of [1, 2, 3, 4]) {
    const revisions = (await store.readStream(streamName(n, 'loyalty'))).map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.map((_, index) => index));
  }
  expect(answered.length).toBeGreaterThan(ROUNDS * 20);
  await store.close();
});

const parse = (line: string): { position: string; stream: string; revision: number; id: string } => {
  const [position = '', stream = '', revision = '', id = ''] = line.split(' ');
  if (id === '') throw new Error(`unexpected line: ${line}`);
  return { position, stream, revision: Number(revision), id };
};

it('gives a directory to one writer, in this process or another, and to the next once it is killed', async () => {
  const directory = temporaryDirectory();
  const writer = await startLogWriter({ directory });
  await expect(startLogWriter({ directory })).rejects.toThrow(StoreLockedError);
  const refused = startAppending(directory, 'refused');
  expect((await refused.lines.next()).value).toBe('locked');
  await once(refused.child, 'exit');
  await writer.close();

  const { child, lines } = startAppending(directory, 'owner');
  expect((await lines.next()).value).toBe('open');
  await expect(startLogWriter({ directory })).rejects.toThrow(/is being written by another process/);
  await kill(child);
  const store = await openSqliteEventStore({ directory });
  expect(await appendOne(store, streamName(9), 'absent', newEvent('after'))).toMatchObject({ status: 'appended' });
  await store.close();
});
