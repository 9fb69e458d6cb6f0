import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadStore, ViewSet } from '@tenure/read-store';
import { openSqliteReadStore } from '@tenure/read-store/sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServingProcesses, servingCollection } from './serving-processes.ts';

let directory: string;
let store: ReadStore;
let state: ViewSet;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-serving-'));
  store = openSqliteReadStore({ directory, role: 'writer' });
  state = await store.open('state', [servingCollection]);
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const version = async (): Promise<unknown> => (await state.get('serving', 'me'))?.document.version;

it('a process whose row was written without an answer, or removed, says again what it serves', async () => {
  let isCut = false;
  const cutting: ViewSet = Object.create(state, {
    get: { value: state.get.bind(state) },
    write: {
      value: async (batch: Parameters<ViewSet['write']>[0]) => {
        await state.write(batch);
        if (isCut) throw new Error('the answer was cut');
      },
    },
  });
  const serving = new ServingProcesses(cutting, 'me');
  await serving.beat('v1');
  isCut = true;
  await expect(serving.beat('v2')).rejects.toThrow('cut');
  isCut = false;
  await serving.beat('v3');
  expect(await version()).toBe('v3');

  const guard = (await state.get('serving', 'me'))?.guard ?? null;
  await state.write({ replaces: [{ collection: 'serving', id: 'me', document: null, guard: '', expected: guard }] });
  await expect(serving.beat('v4')).rejects.toThrow();
  await serving.beat('v5');
  expect(await version()).toBe('v5');
});
