import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventOfType } from '@tenure/contracts';
import { accepted, type Decider, rejected, unchanged } from '@tenure/domain';
import type { EventStore } from '@tenure/event-store';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIds } from '../ids.ts';
import { createLog } from '../telemetry/log.ts';
import { type CommandResult, type Commands, createCommands, singleCommand } from './commands.ts';

type Marked = EventOfType<'KeyAccountMarked'>;
const occurredAt = Date.parse('2026-01-01T00:00:00Z');
const customerId = 'c'.repeat(32);
const ids = createIds(Buffer.alloc(32, 1));
const origin = { actor: 'shop', requestId: 'request-1', correlationId: 'story-1', traceparent: undefined };
const stream = ids.stream('complaint', 'grows');

/** Switches to and fro; what comes of a command depends on how often it was switched. */
const switching: Decider<{ key: boolean; count: number }, { key: boolean; isTimid: boolean }, Marked> = {
  initialState: { key: false, count: 0 },
  evolve: ({ count }, { data }) => ({ key: data.key, count: count + 1 }),
  decide: ({ key, isTimid }, state) => {
    if (key === state.key) return unchanged;
    if (isTimid && state.count % 5 === 0) return rejected('wrong-status', `not the ${state.count}th time`);
    const event = { type: 'KeyAccountMarked', data: { key }, occurredAt, customerId } as const;
    return key && state.count % 7 === 6 ? accepted<Marked>(event, { ...event, data: { key: false } }) : accepted(event);
  },
};

interface Asked {
  readonly key: boolean;
  /** Names the command: the same one again is a retry. */
  readonly name: number;
  /** Its body: the same name with another is a key used again. */
  readonly body: number;
  readonly expectedRevision?: number;
}

/** A store of its own, how many events were read of it, and who handles commands on it. */
interface System {
  readonly store: EventStore;
  read: number;
  handle(asked: Asked): Promise<CommandResult>;
}

let directory: string;
let opened: EventStore[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-snapshots-'));
  opened = [];
});
afterEach(async () => {
  for (const store of opened) await store.close();
  rmSync(directory, { recursive: true });
});

async function systemOf(remembers: boolean): Promise<System> {
  const store = await openSqliteEventStore({ directory: mkdtempSync(join(directory, 'log-')), now: () => occurredAt });
  opened.push(store);
  const create = (): Commands =>
    createCommands({
      log: createLog({ level: 'silent', service: 'test' }),
      metrics: { append: () => undefined },
      store: {
        head: () => store.head(),
        append: (units) => store.append(units),
        readStream: async (...args) => {
          const events = await store.readStream(...args);
          system.read += events.length;
          return events;
        },
      },
    });
  const kept = create();
  const system: System = {
    store,
    read: 0,
    handle: ({ key, name, body, expectedRevision }) => {
      const commandId = ids.keyedCommandId('switch', 'me', `${name}`, { body });
      const command = { key, isTimid: name % 4 === 3 };
      const commands = remembers ? kept : create();
      return commands.handle(
        singleCommand({ service: 'profile', origin, commandId, stream, decider: switching, command, expectedRevision }),
      );
    },
  };
  return system;
}

describe('a stream that has grown', () => {
  it('I2: is decided on a snapshot and what came after it as on all of its events', async () => {
    const [remembering, forgetful] = [await systemOf(true), await systemOf(false)];
    let count = 0;
    const both = async (asked: Asked): Promise<void> => {
      const [result, expected] = [await remembering.handle(asked), await forgetful.handle(asked)];
      expect(result, JSON.stringify(asked)).toEqual(expected);
    };
    for (; count < 500; count++) await both({ key: count % 3 !== 2, name: count, body: 0 });
    const revision = async (): Promise<number> => (await forgetful.store.readStream(stream)).length - 1;
    const asks = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('new' as const), key: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), nth: fc.nat(), key: fc.boolean() }) },
      fc.record({ kind: fc.constant('key used again' as const), nth: fc.nat() }),
      fc.record({ kind: fc.constant('if unchanged' as const), by: fc.integer({ min: -1, max: 1 }), key: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(asks, { minLength: 1, maxLength: 40 }), async (list) => {
        for (const ask of list) {
          if (ask.kind === 'new') await both({ key: ask.key, name: count++, body: 0 });
          if (ask.kind === 'again') await both({ key: ask.key, name: ask.nth % count, body: 0 });
          if (ask.kind === 'key used again') await both({ key: true, name: ask.nth % count, body: 1 });
          if (ask.kind === 'if unchanged')
            await both({ key: ask.key, name: count++, body: 0, expectedRevision: (await revision()) + ask.by });
        }
      }),
      { numRuns: 8 },
    );
    expect(await remembering.store.readStream(stream)).toEqual(await forgetful.store.readStream(stream));
    expect((await remembering.store.readStream(stream)).length).toBeGreaterThan(256);
  }, 120_000);

  it('is read from its snapshot on, and whole for a retry of what lies before that', async () => {
    const system = await systemOf(true);
    let count = 0;
    while (count < 800) {
      await system.handle({ key: count % 2 === 0, name: count, body: 0 });
      count++;
    }
    const all = (await system.store.readStream(stream)).length;
    system.read = 0;
    await system.handle({ key: true, name: ++count, body: 0 });
    expect(system.read).toBeLessThan(200);
    system.read = 0;
    const retried = await system.handle({ key: true, name: 0, body: 0 });
    expect(retried).toMatchObject({ status: 'unchanged', revision: 0 });
    expect(system.read).toBeGreaterThanOrEqual(all);
  });
});
