import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { EventLog } from './event-log.ts';
import type { ProposedEvent } from './recorded-event.ts';

const newPath = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-eventstoredb-log-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'events.log');
};

const open = (path: string): Promise<EventLog> => EventLog.open(path, () => 0);

const events = (count: number): ProposedEvent[] =>
  Array.from({ length: count }, () => ({
    id: crypto.randomUUID(),
    type: 'Counted',
    contentType: 'application/json',
    data: Buffer.from('{}'),
    metadata: Buffer.alloc(0),
  }));

it('has all events of an append after a crash, or none', async () => {
  const path = newPath();
  const log = await open(path);
  await log.append('stream', 'no_stream', events(2));
  const whole = statSync(path).size;
  await log.append('stream', 1n, events(3));
  await log.close();
  for (let size = statSync(path).size - 1; size >= whole; size -= 10) {
    truncateSync(path, size);
    const torn = await open(path);
    expect(torn.committed).toBe(2);
    await torn.close();
  }
  const again = await open(path);
  expect(await again.append('stream', 1n, events(1))).toMatchObject({ kind: 'appended', revision: 2 });
  await again.close();
});

it('does not bring a deleted stream back without the event that did', async () => {
  const path = newPath();
  const log = await open(path);
  await log.append('stream', 'no_stream', events(2));
  await log.delete('stream', 'any');
  await log.append('stream', 'any', events(1));
  await log.close();
  truncateSync(path, statSync(path).size - 1);
  const torn = await open(path);
  expect(torn.index.stream('stream')?.limits.truncateBefore).toBeGreaterThan(2 ** 62);
  expect(torn.committed).toBe(3);
  await torn.close();
});

it('lets nobody read what is not on disk yet', async () => {
  const log = await open(newPath());
  const appended = log.append('stream', 'no_stream', events(5));
  expect([log.index.count, log.committed]).toEqual([5, 0]);
  await appended;
  expect(log.committed).toBe(5);
  await log.close();
});

it('takes an append of nothing for what it is', async () => {
  const log = await open(newPath());
  expect(await log.append('stream', 'any', [])).toEqual({ kind: 'appended', revision: -1, position: 0 });
  await log.append('stream', 'no_stream', events(2));
  expect(await log.append('stream', 1n, [])).toMatchObject({ kind: 'appended', revision: 1 });
  expect(await log.append('stream', 'no_stream', [])).toMatchObject({ kind: 'wrong-expected-version' });
  expect(log.committed).toBe(2);
  await log.close();
});
