import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { LogFile, payloadIn } from './log-file.ts';

const newPath = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-eventstoredb-log-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'events.log');
};

/** Opens the file; answers with it and what it holds. */
const reopen = async (path: string): Promise<{ file: LogFile; found: string[] }> => {
  const found: string[] = [];
  const file = await LogFile.open(path, ({ payload }) => found.push(payload.toString()));
  return { file, found };
};

/** A closed log of three appends, the second of two records. */
const threeAppends = async (): Promise<string> => {
  const path = newPath();
  const { file } = await reopen(path);
  file.stage(Buffer.from('one'), true);
  file.stage(Buffer.from('two, first'), false);
  file.stage(Buffer.from('two, second'), true);
  await file.commit();
  file.stage(Buffer.from('three'), true);
  await file.close();
  return path;
};

it('has what was committed, where it was staged, also after it was opened again', async () => {
  const path = newPath();
  const { file } = await reopen(path);
  const texts = Array.from({ length: 300 }, (_, n) => `record ${n} ${'x'.repeat(n * 10)}`);
  const offsets = texts.map((text) => file.stage(Buffer.from(text), true));
  expect(file.committedEnd).toBeLessThan(offsets[0]! + 1);
  await Promise.all([file.commit(), file.commit()]);
  expect(file.committedEnd).toBe(file.end);
  const bytes = await file.read(offsets[100]!, file.committedEnd);
  expect(payloadIn(bytes, offsets[100]!, offsets[299]!).toString()).toBe(texts[299]);
  await file.close();
  const again = await reopen(path);
  expect(again.found).toEqual(texts);
  expect(again.file.end).toBe(file.end);
  await again.file.close();
});

it('drops a torn append on start, whole, wherever it was torn, and goes on from there', async () => {
  const whole = readFileSync(await threeAppends());
  const path = newPath();
  const expected = [['one', 'two, first', 'two, second', 'three'], ['one', 'two, first', 'two, second'], ['one'], []];
  const seen = new Set<string>();
  for (let size = whole.length; size >= 0; size--) {
    writeFileSync(path, whole.subarray(0, size));
    const { file, found } = await reopen(path);
    expect(expected).toContainEqual(found);
    seen.add(found.join());
    file.stage(Buffer.from('next'), true);
    await file.close();
    const again = await reopen(path);
    expect(again.found).toEqual([...found, 'next']);
    await again.file.close();
  }
  expect([...seen]).toEqual(expected.map((texts) => texts.join()));
});

it('drops rubbish and altered bytes behind the last whole append', async () => {
  const path = await threeAppends();
  const size = statSync(path).size;
  appendFileSync(path, Buffer.alloc(100, 7));
  const rubbish = await reopen(path);
  expect(rubbish.found).toHaveLength(4);
  await rubbish.file.close();
  expect(statSync(path).size).toBe(size);
  const bytes = readFileSync(path);
  bytes[size - 1] = bytes[size - 1]! ^ 1;
  writeFileSync(path, bytes);
  const altered = await reopen(path);
  expect(altered.found).toEqual(['one', 'two, first', 'two, second']);
  await altered.file.close();
});

it('refuses a file that is something else, and leaves it as it is', async () => {
  const path = newPath();
  writeFileSync(path, 'a file of somebody else, long enough to be a log');
  await expect(reopen(path)).rejects.toThrow(/is no log/);
  expect(readFileSync(path, 'utf8')).toMatch(/^a file of somebody else/);
});

it('does not read behind what is on disk', async () => {
  const path = await threeAppends();
  const { file } = await reopen(path);
  truncateSync(path, 60);
  await expect(file.read(32, file.end)).rejects.toThrow(/the log ends at 60/);
  await file.close();
});
