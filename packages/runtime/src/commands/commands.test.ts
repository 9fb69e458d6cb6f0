import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventOfType } from '@tenure/contracts';
import { accepted, type Decider, type Decision, type Happening, rejected, unchanged } from '@tenure/domain';
import { type AppendUnit, type EventStore, StoreUnavailableError } from '@tenure/event-store';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIds, customerStreams } from '../ids.ts';
import { createLog } from '../telemetry/log.ts';
import type { CommandRequest } from './command-request.ts';
import { type CommandResult, type Commands, createCommands, singleCommand } from './commands.ts';
import { foldingOf, step } from './step.ts';

type Marked = EventOfType<'KeyAccountMarked'>;
type Conflict = EventOfType<'FactConflictDetected'>;
interface Mark {
  readonly key: boolean;
  /** As somebody else would have it: refused, and recorded. */
  readonly wrong?: boolean;
}
const occurredAt = Date.parse('2026-01-01T00:00:00Z');
const customerId = 'c'.repeat(32);

/** Marks and unmarks; the third mark is refused. */
const marking: Decider<{ key: boolean; count: number }, Mark, Marked | Conflict> = {
  initialState: { key: false, count: 0 },
  evolve: (state, event) =>
    event.type === 'KeyAccountMarked' ? { key: event.data.key, count: state.count + 1 } : state,
  decide(command, state) {
    if (command.wrong) {
      const data = { kind: 'claim', source: 's', id: '1', contentHash: 'x' } as const;
      const event: Happening<Conflict> = { type: 'FactConflictDetected', data, occurredAt, customerId };
      return rejected('conflict', 'wrong', [event]);
    }
    if (state.count === 3) return rejected('wrong-status', 'no more');
    if (command.key === state.key) return unchanged;
    return accepted<Marked>({ type: 'KeyAccountMarked', data: { key: command.key }, occurredAt, customerId });
  },
};

const ids = createIds(Buffer.alloc(32, 1));
const origin = { actor: 'shop', requestId: 'request-1', correlationId: 'story-1', traceparent: undefined };
const streamOf = (name: string): string => ids.stream('complaint', name);
let commandsMade = 0;

function mark(
  name: string,
  key: boolean,
  more: Partial<CommandRequest> & { optimistic?: boolean; wrong?: boolean; expectedRevision?: number } = {},
): CommandRequest {
  const { optimistic = false, wrong = false, expectedRevision, ...request } = more;
  const commandId = `command-${++commandsMade}`;
  return {
    ...singleCommand({
      service: 'profile',
      origin,
      commandId,
      stream: streamOf(name),
      decider: marking,
      command: { key, wrong },
      optimistic,
      expectedRevision,
    }),
    ...request,
  };
}

let directory: string;
let store: EventStore;
/** What the store was asked, and what comes between the asking and the store. */
let asked: (readonly AppendUnit[])[];
let reads: string[];
let interfere: (() => Promise<void>) | undefined;
let cutAfter: Error | undefined;
let commands: Commands;

const watched = (): Commands => {
  const metrics = { append: () => undefined };
  const log = createLog({ level: 'silent', service: 'test' });
  return createCommands({
    log,
    metrics,
    store: {
      head: () => store.head(),
      readStream: (stream, options) => {
        reads.push(stream);
        return store.readStream(stream, options);
      },
      async append(units) {
        asked.push(units);
        const before = interfere;
        interfere = undefined;
        await before?.();
        const outcomes = await store.append(units);
        const cut = cutAfter;
        cutAfter = undefined;
        if (cut !== undefined) throw cut;
        return outcomes;
      },
    },
  });
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenure-commands-'));
  store = await openSqliteEventStore({ directory });
  asked = [];
  reads = [];
  interfere = undefined;
  cutAfter = undefined;
  commands = watched();
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const eventsOf = (name: string) => store.readStream(streamOf(name));
const positionOf = (result: CommandResult): string => {
  if (result.status === 'rejected') throw new Error(result.rejection.detail);
  return result.position;
};

describe('a command', () => {
  it('is decided on what its stream holds, and appended with who, why and whence', async () => {
    const first = await commands.handle(mark('a', true, { session: 'import-1' }));
    expect(first).toEqual({ status: 'accepted', customerId, position: await store.head(), revision: 0 });
    const second = await commands.handle(mark('a', false));
    expect(second).toMatchObject({ status: 'accepted', revision: 1 });
    const events = await eventsOf('a');
    expect(events.map(({ data }) => data)).toEqual([{ key: true }, { key: false }]);
    expect(events[0]?.metadata).toEqual({
      actor: 'shop',
      service: 'profile',
      commandId: 'command-1',
      causationId: 'request-1',
      correlationId: 'story-1',
      session: 'import-1',
    });
  });

  it('that changes nothing says where its stream stands', async () => {
    const first = await commands.handle(mark('a', true));
    await commands.handle(mark('b', true));
    expect(await commands.handle(mark('a', true))).toEqual({ ...first, status: 'unchanged' });
    expect(await commands.handle(mark('empty', false))).toMatchObject({
      status: 'rejected',
      rejection: { code: 'not-found' },
    });
  });

  it('that is refused leaves no trace, but those that its decider records', async () => {
    expect(await commands.handle(mark('a', true, { wrong: true }))).toMatchObject({
      status: 'rejected',
      rejection: { code: 'conflict', detail: 'wrong' },
    });
    expect((await eventsOf('a')).map(({ type }) => type)).toEqual(['FactConflictDetected']);
    for (const key of [true, false, true]) await commands.handle(mark('a', key));
    const head = await store.head();
    expect(await commands.handle(mark('a', false))).toMatchObject({ rejection: { code: 'wrong-status' } });
    expect(await store.head()).toBe(head);
  });

  it('that changes what somebody saw is refused when that has changed', async () => {
    await commands.handle(mark('a', true));
    await commands.handle(mark('a', false));
    for (const seen of [0, 2, -1]) {
      expect(await commands.handle(mark('a', true, { expectedRevision: seen }))).toMatchObject({
        rejection: { code: 'precondition-failed' },
      });
    }
    expect(await commands.handle(mark('a', true, { expectedRevision: 1 }))).toMatchObject({ revision: 2 });
  });
});

describe('a command that is sent again', () => {
  it('is answered as the first time, whatever has happened since', async () => {
    const request = mark('a', true);
    const first = await commands.handle(request);
    await commands.handle(mark('a', false));
    await commands.handle(mark('a', true));
    // By now its stream would refuse it.
    expect(await commands.handle(request)).toEqual({ ...first, status: 'unchanged' });
    expect(await eventsOf('a')).toHaveLength(3);
  });

  it('is looked for before If-Match is looked at', async () => {
    const request = mark('a', true, { expectedRevision: -1 });
    expect(await commands.handle(request)).toMatchObject({ status: 'rejected' });
    const created = mark('b', true);
    const first = await commands.handle(created);
    const again = { ...created, steps: mark('b', true, { expectedRevision: 7 }).steps };
    expect(await commands.handle(again)).toEqual({ ...first, status: 'unchanged' });
  });

  it('is answered without a read when the store knows its events, by a new process too', async () => {
    const request = mark('a', true, { optimistic: true });
    const first = await commands.handle(request);
    expect(first.status).toBe('accepted');
    expect(await commands.handle(request)).toEqual({ ...first, status: 'unchanged' });
    commands = watched();
    expect(await commands.handle(request)).toEqual({ ...first, status: 'unchanged' });
    expect(reads).toEqual([]);
  });

  it('is refused again if it was refused and recorded, and recorded once', async () => {
    const request = mark('a', true, { wrong: true });
    expect(await commands.handle(request)).toEqual(await commands.handle(request));
    expect(await eventsOf('a')).toHaveLength(1);
  });

  it('with other content under the same key is refused', async () => {
    const id = (body: object): string => ids.keyedCommandId('mark', 'shop', 'key-1', body);
    await commands.handle(mark('a', true, { commandId: id({ key: true }) }));
    expect(await commands.handle(mark('a', false, { commandId: id({ key: false }) }))).toMatchObject({
      rejection: { code: 'idempotency-key-reused' },
    });
  });

  it('I4: happens once, also when the answer to its append was lost', async () => {
    for (const optimistic of [true, false]) {
      const name = `lost-${optimistic}`;
      const request = mark(name, true, { optimistic, register: { customerId, source: 's', key: 'k', occurredAt } });
      cutAfter = new StoreUnavailableError('cut');
      expect(await commands.handle(request)).toMatchObject({ rejection: { code: 'store-unavailable' } });
      const again = await commands.handle(request);
      expect(again).toMatchObject({ status: 'unchanged', customerId, revision: 0 });
      const events = await eventsOf(name);
      expect(events.map(({ position }) => position)).toEqual([positionOf(again)]);
    }
    expect(await store.readStream(customerStreams.profile(customerId))).toHaveLength(1);
  });
});

describe('commands that meet', () => {
  it('in one process take turns: nobody loses, and nothing is tried twice', async () => {
    const results = await Promise.all(
      Array.from({ length: 3 }, (_, index) => commands.handle(mark('a', index % 2 === 0))),
    );
    expect(results.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(asked).toHaveLength(3);
  });

  it('with somebody else’s are decided again on what is there now', async () => {
    await commands.handle(mark('a', true));
    const other = watched();
    interfere = async () => void (await other.handle(mark('a', false)));
    const result = await commands.handle(mark('a', false));
    expect(result).toMatchObject({ status: 'unchanged', revision: 1 });
    expect(await eventsOf('a')).toHaveLength(2);
  });

  it('again and again are given up, and can be sent again', async () => {
    await commands.handle(mark('a', true));
    const other = watched();
    let stream = 0;
    const disturb = async (): Promise<void> => {
      // Each time another event of no consequence comes in between.
      await other.handle({ ...mark('a', true, { wrong: true }), commandId: `disturb-${++stream}` });
      interfere = disturb;
    };
    interfere = disturb;
    expect(await commands.handle(mark('a', false))).toMatchObject({ rejection: { code: 'contended' } });
    interfere = undefined;
    expect(await commands.handle(mark('a', false))).toMatchObject({ status: 'accepted' });
  });

  it('optimistic ones read only after a conflict', async () => {
    await commands.handle(mark('a', true, { optimistic: true }));
    expect(reads).toEqual([]);
    expect(await commands.handle(mark('a', true, { optimistic: true }))).toMatchObject({ status: 'unchanged' });
    expect(reads).toEqual([streamOf('a')]);
  });
});

describe('a customer whom a fact names', () => {
  const register = { customerId, source: 'shop', key: '17850', occurredAt };
  const profile = customerStreams.profile(customerId);

  it('is registered before it, once', async () => {
    await commands.handle(mark('a', true, { register }));
    await commands.handle(mark('b', true, { register }));
    const [registration, ...others] = await store.readStream(profile);
    expect(others).toEqual([]);
    expect(registration).toMatchObject({
      type: 'CustomerRegistered',
      customerId,
      occurredAt,
      data: { source: 'shop', via: 'fact' },
      personal: { key: '17850' },
    });
    expect(registration?.position).toBe((await store.readAll({ limit: 1 }))[0]?.position);
  });

  it('is sent along until the log is known to have the registration, and no longer', async () => {
    const sent = (): readonly number[] => asked.map(([unit]) => unit?.length ?? 0);
    cutAfter = new StoreUnavailableError('cut');
    await commands.handle(mark('a', true, { register }));
    await commands.handle(mark('b', true, { register }));
    await commands.handle(mark('c', true, { register }));
    expect(sent()).toEqual([2, 2, 1]);
  });

  it('is not registered by a fact that is refused', async () => {
    await commands.handle(mark('a', true, { register, wrong: true }));
    expect(await store.readStream(profile)).toEqual([]);
    await commands.handle(mark('b', true, { register }));
    expect(await store.readStream(profile)).toHaveLength(1);
  });
});

describe('many commands', () => {
  it('each have their result, as if sent one after another', async () => {
    const request = mark('a', true);
    const results = await commands.handleAll([
      request,
      mark('b', true),
      request,
      mark('a', false),
      mark('a', true, { wrong: true }),
      mark('b', true),
    ]);
    expect(results.map((result) => (result.status === 'rejected' ? result.rejection.code : result.status))).toEqual([
      'accepted',
      'accepted',
      'unchanged',
      'accepted',
      'conflict',
      'unchanged',
    ]);
    expect(positionOf(results[2] as CommandResult)).toBe(positionOf(results[0] as CommandResult));
    expect((await eventsOf('a')).map(({ type }) => type)).toEqual([
      'KeyAccountMarked',
      'KeyAccountMarked',
      'FactConflictDetected',
    ]);
  });

  it('do not suffer from one that fails', async () => {
    const deciding = (name: string, decide: () => Decision): CommandRequest => ({
      ...mark(name, true),
      steps: [{ ...foldingOf(streamOf(name), marking), optimistic: true, expectedRevision: undefined, decide }],
    });
    const data = { kind: 'claim', source: 's', id: 'x'.repeat(600 * 1024), contentHash: 'x' } as const;
    const tooLarge = deciding('large', () =>
      accepted<Conflict>({ type: 'FactConflictDetected', data, occurredAt, customerId }),
    );
    const throwing = deciding('throwing', () => {
      throw new Error('a fault of ours');
    });
    const results = await commands.handleAll([mark('a', true), tooLarge, throwing, mark('b', true)]);
    expect(results.map((result) => (result.status === 'rejected' ? result.rejection.code : result.status))).toEqual([
      'accepted',
      'too-large',
      'internal',
      'accepted',
    ]);
  });
});

describe('a command of several streams', () => {
  const inBoth = (key: boolean, commandId: string): CommandRequest => ({
    service: 'profile',
    origin,
    commandId,
    steps: ['one', 'two'].map((name) => step({ stream: streamOf(name), decider: marking, command: { key } })),
  });

  it('is one unit, about its last stream', async () => {
    await commands.handle(mark('two', true));
    await commands.handle(mark('two', false));
    const result = await commands.handle(inBoth(true, 'both'));
    expect(result).toMatchObject({ status: 'accepted', revision: 2, position: await store.head() });
    expect(asked.at(-1)).toHaveLength(1);
    expect(new Set((await store.readAll({ limit: 10 })).map(({ id }) => id)).size).toBe(4);
    expect(await commands.handle(inBoth(true, 'both'))).toEqual({ ...result, status: 'unchanged' });
  });

  it('goes on where it was cut off', async () => {
    // On an engine without units that are all or nothing, the first stream may have it and the second not.
    const whole = inBoth(true, 'both');
    await commands.handle({ ...whole, steps: whole.steps.slice(0, 1) });
    expect(await commands.handle(whole)).toMatchObject({ status: 'accepted', revision: 0 });
    expect([await eventsOf('one'), await eventsOf('two')].map((events) => events.length)).toEqual([1, 1]);
  });

  it('does nothing in the first if the second refuses', async () => {
    for (const key of [true, false, true]) await commands.handle(mark('two', key));
    expect(await commands.handle(inBoth(false, 'both'))).toMatchObject({ rejection: { code: 'wrong-status' } });
    expect(await eventsOf('one')).toEqual([]);
  });
});
