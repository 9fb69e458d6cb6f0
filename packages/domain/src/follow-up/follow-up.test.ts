import type { EventOfType } from '@tenure/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Happening } from '../decider.ts';
import { givenFor, runCommands } from '../testing/given.ts';
import { isoInstant } from '../time/calendar.ts';
import {
  type CompleteFollowUp,
  type FollowUpCommand,
  followUpDecider,
  type MissFollowUp,
  type MoveFollowUp,
  type ScheduleFollowUp,
} from './follow-up.ts';

const given = givenFor(followUpDecider);
const ann = 'a'.repeat(32);
const day = 86_400_000;
const monday = Date.UTC(2011, 0, 17, 9);
const [tuesday, wednesday, thursday, friday] = [1, 2, 3, 4].map((n) => monday + n * day) as [
  number,
  number,
  number,
  number,
];

const content = {
  source: 'crm',
  followUpId: 'f-1',
  channel: 'phone',
  dueAt: isoInstant(wednesday),
} as const;
const schedule: ScheduleFollowUp = {
  type: 'ScheduleFollowUp',
  content,
  personal: { purpose: 'Ask about the kettle' },
  contentHash: 'one',
  customerId: ann,
  occurredAt: monday,
};
const scheduled: Happening<EventOfType<'FollowUpScheduled'>> = {
  type: 'FollowUpScheduled',
  data: { ...content, contentHash: 'one' },
  personal: { purpose: 'Ask about the kettle' },
  customerId: ann,
  occurredAt: monday,
};
const move = (occurredAt: number, dueAt: number): MoveFollowUp => ({ type: 'MoveFollowUp', dueAt, occurredAt });
const moved = (occurredAt: number, dueAt: number): Happening<EventOfType<'FollowUpMoved'>> => ({
  type: 'FollowUpMoved',
  data: { dueAt: isoInstant(dueAt) },
  customerId: ann,
  occurredAt,
});
const complete = (occurredAt: number): CompleteFollowUp => ({
  type: 'CompleteFollowUp',
  satisfaction: 5,
  outcome: 'The kettle sings',
  occurredAt,
});
const done = (occurredAt: number): Happening<EventOfType<'FollowUpDone'>> => ({
  type: 'FollowUpDone',
  data: { satisfaction: 5 },
  personal: { outcome: 'The kettle sings' },
  customerId: ann,
  occurredAt,
});
const miss = (asOf: number): MissFollowUp => ({ type: 'MissFollowUp', asOf });
const missed = (dueAt: number): Happening<EventOfType<'FollowUpMissed'>> => ({
  type: 'FollowUpMissed',
  data: { dueAt: isoInstant(dueAt) },
  customerId: ann,
  occurredAt: dueAt,
});

describe('planning', () => {
  test('it is scheduled', () => given([]).when(schedule).then([scheduled]));
  test('the same again is unchanged', () =>
    given([scheduled, done(tuesday)])
      .when(schedule)
      .then('unchanged'));

  test('it cannot be due before it was planned', () =>
    given([])
      .when({ ...schedule, occurredAt: wednesday + 1 })
      .then({ code: 'out-of-order', pointer: '/dueAt' }));

  test('it may be due when it is planned', () =>
    given([])
      .when({ ...schedule, occurredAt: wednesday })
      .then([{ ...scheduled, occurredAt: wednesday }]));

  test('other content is a conflict, seen once', () => {
    const other = { ...schedule, contentHash: 'two' };
    const submitted = { ...content, purpose: 'Ask about the kettle', customerId: ann, occurredAt: isoInstant(monday) };
    const conflict: Happening<EventOfType<'FactConflictDetected'>> = {
      type: 'FactConflictDetected',
      data: { kind: 'follow-up', source: 'crm', id: 'f-1', contentHash: 'two' },
      personal: { submitted },
      customerId: ann,
      occurredAt: monday,
    };
    given([scheduled])
      .when(other)
      .then({ code: 'conflict', events: [conflict] });
    given([scheduled, conflict, done(tuesday)])
      .when(other)
      .then({ code: 'conflict' });
  });

  test('a command for another follow-up is a fault of the caller', () =>
    expect(() => given([scheduled]).when({ ...schedule, content: { ...content, followUpId: 'f-2' } })).toThrow(
      /another/,
    ));
});

describe('moving', () => {
  test('gives it another date', () =>
    given([scheduled])
      .when(move(tuesday, friday))
      .then([moved(tuesday, friday)]));
  test('to the date it has is unchanged', () => given([scheduled]).when(move(tuesday, wednesday)).then('unchanged'));
  test('of an unknown one is refused', () => given([]).when(move(tuesday, friday)).then({ code: 'not-found' }));

  test('of one that is done is refused', () =>
    given([scheduled, done(tuesday)])
      .when(move(tuesday, friday))
      .then({ code: 'wrong-status' }));

  test('cannot precede the last plan', () =>
    given([scheduled, moved(tuesday, friday)])
      .when(move(tuesday - 1, thursday))
      .then({ code: 'out-of-order', pointer: '/occurredAt' }));

  test('may be at the instant of the last plan, or of the miss, and due at once', () => {
    given([scheduled])
      .when(move(monday, monday))
      .then([moved(monday, monday)]);
    given([scheduled, missed(wednesday)])
      .when(move(wednesday, friday))
      .then([moved(wednesday, friday)]);
  });

  test('at the due date is in time', () =>
    given([scheduled])
      .when(move(wednesday, friday))
      .then([moved(wednesday, friday)]));

  test('into the past is refused', () =>
    given([scheduled])
      .when(move(tuesday, tuesday - 1))
      .then({ code: 'out-of-order', pointer: '/dueAt' }));

  test('of a missed one schedules it again', () => {
    given([scheduled, missed(wednesday)])
      .when(move(thursday, friday))
      .then([moved(thursday, friday)]);
    given([scheduled, missed(wednesday), moved(thursday, friday)])
      .when(miss(friday))
      .then([missed(friday)]);
  });

  test('when it is overdue it was missed before', () =>
    given([scheduled])
      .when(move(thursday, friday))
      .then([missed(wednesday), moved(thursday, friday)]));

  test('does not undo a miss', () =>
    given([scheduled, missed(wednesday)])
      .when(move(tuesday, friday))
      .then({ code: 'out-of-order', pointer: '/occurredAt' }));
});

describe('the timer', () => {
  test('misses what is not done by its date', () =>
    given([scheduled])
      .when(miss(wednesday))
      .then([missed(wednesday)]));
  test('that fires late dates the miss by the due date', () =>
    given([scheduled])
      .when(miss(friday))
      .then([missed(wednesday)]));
  test('that fires early changes nothing', () =>
    given([scheduled])
      .when(miss(wednesday - 1))
      .then('unchanged'));
  test('of a moved one changes nothing', () =>
    given([scheduled, moved(tuesday, friday)])
      .when(miss(wednesday))
      .then('unchanged'));
  test('of one that is done changes nothing', () =>
    given([scheduled, done(tuesday)])
      .when(miss(wednesday))
      .then('unchanged'));
  test('that fires twice misses once', () =>
    given([scheduled, missed(wednesday)])
      .when(miss(friday))
      .then('unchanged'));
  test('of an unknown one changes nothing', () => given([]).when(miss(wednesday)).then('unchanged'));
});

describe('doing it', () => {
  test.each([monday, tuesday, wednesday])('in time, at %i', (instant) =>
    given([scheduled])
      .when(complete(instant))
      .then([done(instant)]),
  );

  test('without satisfaction or words', () => {
    const { personal: _, ...silent } = done(tuesday);
    given([scheduled])
      .when({ type: 'CompleteFollowUp', occurredAt: tuesday })
      .then([{ ...silent, data: {} }]);
  });

  test('in time, learnt of after it was missed, it was not missed', () => {
    const events = [scheduled, missed(wednesday)];
    given(events)
      .when(complete(wednesday))
      .then([done(wednesday)]);
    const { state } = runCommands(followUpDecider, [schedule, miss(wednesday), complete(wednesday)]);
    expect(state).toMatchObject({ status: 'done', late: false });
  });

  test('too late it was missed before, whether the timer has fired or not', () => {
    given([scheduled])
      .when(complete(thursday))
      .then([missed(wednesday), done(thursday)]);
    given([scheduled, missed(wednesday)])
      .when(complete(thursday))
      .then([done(thursday)]);
  });

  test('before it was planned is refused', () =>
    given([scheduled])
      .when(complete(monday - 1))
      .then({ code: 'out-of-order', pointer: '/occurredAt' }));
  test('of an unknown one is refused', () => given([]).when(complete(tuesday)).then({ code: 'not-found' }));
  test('twice is refused', () =>
    given([scheduled, done(tuesday)])
      .when(complete(tuesday))
      .then({ code: 'wrong-status' }));
});

test('what cannot be', () => {
  expect(() => given([scheduled, scheduled])).toThrow(/cannot follow/);
  expect(() => given([done(tuesday)])).toThrow(/cannot follow/);
  expect(() => given([scheduled, done(tuesday), missed(wednesday)])).toThrow(/cannot follow/);
  expect(() => given([scheduled, missed(wednesday), missed(wednesday)])).toThrow(/cannot follow/);
  expect(() => given([scheduled, missed(thursday)])).toThrow(/another instant/);
  expect(() => given([scheduled, done(thursday)])).toThrow(/missed before/);
  expect(() => given([scheduled, done(monday - 1)])).toThrow(/precedes/);
  expect(() => given([scheduled, missed(wednesday), moved(tuesday, friday)])).toThrow(/back in time/);
});

const settings = { numRuns: 400 };
const instants = fc.integer({ min: 0, max: 6 }).map((n) => monday + n * day);
const schedules = fc
  .record({ dueAt: instants, occurredAt: instants, contentHash: fc.constantFrom('h1', 'h2') })
  .map(({ dueAt, ...rest }) => ({ ...schedule, ...rest, content: { ...content, dueAt: isoInstant(dueAt) } }));
const later = fc.oneof(
  fc.tuple(instants, instants).map(([at, dueAt]) => move(at, dueAt)),
  instants.map(complete),
);
const timers = instants.map(miss);
const commands: fc.Arbitrary<FollowUpCommand> = fc.oneof(schedules, later, timers);

test('I1: decide never emits an event that evolve rejects', () => {
  const seen = new Set<string>();
  const property = fc.property(fc.array(commands, { maxLength: 15, size: 'max' }), (list) => {
    for (const event of runCommands(followUpDecider, list).events) seen.add(event.type);
  });
  fc.assert(property, settings);
  const all = ['FactConflictDetected', 'FollowUpDone', 'FollowUpMissed', 'FollowUpMoved', 'FollowUpScheduled'];
  expect([...seen].sort()).toEqual(all);
});

test('whether a timer fired on time or late makes no difference', () => {
  const property = fc.property(instants, fc.array(later, { maxLength: 5 }), (dueAt, list) => {
    const plan = { ...schedule, content: { ...content, dueAt: isoInstant(dueAt) } };
    // In order of time, as they come when nothing else is late.
    const inTime = list.toSorted((left, right) => left.occurredAt - right.occurredAt);
    const alarmed = inTime.flatMap((command) => [miss(command.occurredAt - 1), command]);
    const end = miss(monday + 7 * day);
    const late = runCommands(followUpDecider, [plan, ...inTime, end]).events;
    expect(runCommands(followUpDecider, [plan, ...alarmed, end]).events).toEqual(late);
  });
  fc.assert(property, settings);
});
