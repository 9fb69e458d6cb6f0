import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReadStore, ViewSet } from '@tenure/read-store';
import { openSqliteReadStore } from '@tenure/read-store/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdCollections, ImportHolds } from './import-holds.ts';
import type { RecordedEvent } from './recorded-event.ts';
import { DocumentWriter, documentKey } from './replace-documents.ts';
import type { DocumentChange } from './types.ts';

const started = (session: string) => ({ type: 'ImportStarted', data: { session } }) as RecordedEvent;
const finished = (session: string) => ({ type: 'ImportFinished', data: { session } }) as RecordedEvent;
const fact = (session?: string) => ({ type: 'ContactRecorded', metadata: { session } }) as RecordedEvent;

let directory: string;
let readStore: ReadStore;
let state: ViewSet;
let holds: ImportHolds;
let changes: DocumentChange[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-holds-'));
  readStore = openSqliteReadStore({ directory, role: 'writer' });
  state = await readStore.open('state', [...holdCollections]);
  holds = await ImportHolds.load(state);
  changes = [];
  for (const session of ['one', 'two']) holds.note(started(session), changes);
});
afterEach(async () => {
  await readStore.close();
  rmSync(directory, { recursive: true });
});

const hold = (ids: readonly string[], ...events: readonly RecordedEvent[]): boolean => holds.hold(ids, events, changes);
const finish = (session: string): readonly string[] => holds.note(finished(session), changes);

/** As after a restart: all that was noted has been written. */
async function reopened(): Promise<ImportHolds> {
  const guarded = changes.map(
    (change) => [documentKey(change.collection, change.id), { ...change, guard: '1' }] as const,
  );
  await new DocumentWriter(state).write(new Map(guarded), {});
  return ImportHolds.load(state);
}

describe('customers of an import session', () => {
  it('are held from their first fact in it until it closes, by facts from elsewhere too', () => {
    expect(hold(['ann'], fact())).toBe(false);
    expect(hold(['ann'], fact(), fact('one'))).toBe(true);
    expect(hold(['ann'], fact())).toBe(true);
    expect(finish('one')).toEqual(['ann']);
    expect(hold(['ann'], fact('one'))).toBe(false);
  });

  it('are held until the last of their sessions closes', () => {
    hold(['ann'], fact('one'));
    hold(['ann'], fact('two'));
    hold(['ben'], fact('one'));
    expect(finish('one')).toEqual(['ben']);
    expect(holds.has('ann')).toBe(true);
    expect(finish('two')).toEqual(['ann']);
  });

  it('are held under the id that a link makes theirs', () => {
    hold(['ann'], fact('one'));
    expect(hold(['first', 'ann'], fact())).toBe(true);
    expect([holds.has('first'), holds.has('ann')]).toEqual([true, false]);
    expect(finish('one')).toEqual(['first']);
  });

  it('are known again after a restart', async () => {
    hold(['ann'], fact('one'));
    hold(['ann'], fact('two'));
    hold(['first', 'ann'], fact());
    finish('one');
    holds = await reopened();
    expect([holds.has('first'), holds.has('ann')]).toEqual([true, false]);
    expect(hold(['ben'], fact('one'))).toBe(false);
    expect(hold(['ben'], fact('two'))).toBe(true);
    expect(finish('two')).toEqual(['first', 'ben']);
  });

  it('are those that were written, once what was noted is forgotten', async () => {
    hold(['ann'], fact('one'));
    holds = await reopened();
    hold(['ben'], fact('one'));
    expect(finish('one')).toEqual(['ann', 'ben']);
    await holds.reload();
    expect([holds.has('ann'), holds.has('ben')]).toEqual([true, false]);
    expect(finish('one')).toEqual(['ann']);
  });
});
