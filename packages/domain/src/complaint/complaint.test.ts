import type { EventOfType } from '@tenure/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Happening } from '../decider.ts';
import { givenFor, runCommands } from '../testing/given.ts';
import {
  type ComplaintAction,
  type ComplaintCommand,
  type ComplaintEvent,
  type ComplaintStatus,
  complaintDecider,
  complaintTransitions,
  type FileComplaint,
} from './complaint.ts';

const given = givenFor(complaintDecider);
const ann = 'a'.repeat(32);
const noon = Date.UTC(2011, 0, 18, 12);
const hour = 3_600_000;

const content = { source: 'crm', complaintId: 'k-1', channel: 'phone', severity: 'high', orderId: 'o-1' } as const;
const personal = { content: 'The kettle leaks', contact: 'ann@example.org' };
const file: FileComplaint = {
  type: 'FileComplaint',
  content,
  personal,
  contentHash: 'one',
  customerId: ann,
  occurredAt: noon,
};
const filed: Happening<EventOfType<'ComplaintFiled'>> = {
  type: 'ComplaintFiled',
  data: { ...content, contentHash: 'one' },
  personal,
  customerId: ann,
  occurredAt: noon,
};

type Command<A extends ComplaintAction> = Extract<ComplaintCommand, { type: (typeof commandTypes)[A] }>;
const commandTypes = {
  acknowledge: 'AcknowledgeComplaint',
  assign: 'AssignComplaint',
  analyse: 'AnalyseComplaint',
  resolve: 'ResolveComplaint',
  'follow-up': 'FollowUpComplaint',
  close: 'CloseComplaint',
  reopen: 'ReopenComplaint',
} as const;

const at = { customerId: ann, occurredAt: noon + hour };
const when = { occurredAt: noon + hour };
/** Each action as a command, and the event that it leads to. */
const steps: { [A in ComplaintAction]: [Command<A>, Happening<ComplaintEvent>] } = {
  acknowledge: [
    { type: 'AcknowledgeComplaint', ...when },
    { type: 'ComplaintAcknowledged', data: {}, ...at },
  ],
  assign: [
    { type: 'AssignComplaint', department: 'quality', assignee: 'Eve', ...when },
    { type: 'ComplaintAssigned', data: { department: 'quality', assignee: 'Eve' }, ...at },
  ],
  analyse: [
    { type: 'AnalyseComplaint', cause: 'seal', responsibleDepartment: 'purchasing', ...when },
    { type: 'ComplaintAnalysed', data: { cause: 'seal', responsibleDepartment: 'purchasing' }, ...at },
  ],
  resolve: [
    { type: 'ResolveComplaint', solution: 'A new kettle', ...when },
    { type: 'ComplaintResolved', data: {}, personal: { solution: 'A new kettle' }, ...at },
  ],
  'follow-up': [
    { type: 'FollowUpComplaint', solved: true, satisfaction: 4, ...when },
    { type: 'ComplaintFollowedUp', data: { solved: true, satisfaction: 4 }, ...at },
  ],
  close: [
    { type: 'CloseComplaint', ...when },
    { type: 'ComplaintClosed', data: {}, ...at },
  ],
  reopen: [
    { type: 'ReopenComplaint', reason: 'It leaks again', ...when },
    { type: 'ComplaintReopened', data: {}, personal: { reason: 'It leaks again' }, ...at },
  ],
};
const done = (...actions: ComplaintAction[]) => [filed, ...actions.map((action) => steps[action][1])];
const ask = (action: ComplaintAction) => steps[action][0];
const actions = Object.keys(commandTypes) as ComplaintAction[];

/** A way to each status, with the least said on it. */
const wayTo: Readonly<Record<ComplaintStatus, readonly ComplaintAction[]>> = {
  filed: [],
  acknowledged: ['acknowledge'],
  assigned: ['assign'],
  analysed: ['analyse'],
  resolved: ['resolve'],
  closed: ['resolve', 'close'],
  reopened: ['resolve', 'reopen'],
};
/** What each status allows, written down a second time. */
const allowed: Readonly<Record<ComplaintStatus, readonly ComplaintAction[]>> = {
  filed: ['acknowledge', 'assign', 'analyse', 'resolve'],
  acknowledged: ['assign', 'analyse', 'resolve'],
  assigned: ['acknowledge', 'assign', 'analyse', 'resolve'],
  analysed: ['acknowledge', 'assign', 'analyse', 'resolve'],
  resolved: ['follow-up', 'close', 'reopen'],
  closed: ['reopen'],
  reopened: ['acknowledge', 'assign', 'analyse', 'resolve'],
};

describe('filing', () => {
  test('it is filed, its words as personal data', () => given([]).when(file).then([filed]));
  test('the same again is unchanged', () => given(done('resolve', 'close')).when(file).then('unchanged'));

  test('other content is a conflict, seen once', () => {
    const other = { ...file, contentHash: 'two' };
    const { content: words, ...rest } = { ...content, ...personal, customerId: ann };
    const conflict: Happening<EventOfType<'FactConflictDetected'>> = {
      type: 'FactConflictDetected',
      data: { kind: 'complaint', source: 'crm', id: 'k-1', contentHash: 'two' },
      personal: { submitted: { ...rest, content: words, occurredAt: '2011-01-18T12:00:00.000Z' } },
      customerId: ann,
      occurredAt: noon,
    };
    given([filed])
      .when(other)
      .then({ code: 'conflict', events: [conflict] });
    given([filed, conflict]).when(other).then({ code: 'conflict' });
  });

  test('a command for another complaint is a fault of the caller', () =>
    expect(() => given([filed]).when({ ...file, content: { ...content, complaintId: 'k-2' } })).toThrow(/another/));
});

describe.each(Object.keys(wayTo) as ComplaintStatus[])('a complaint that is %s', (status) => {
  const events = done(...wayTo[status]);

  test.each(actions)('%s', (action) => {
    const [command, event] = steps[action];
    // A step that the status was reached by says nothing new.
    const isRepeat = wayTo[status].at(-1) === action && !['resolve', 'reopen'].includes(action);
    if (isRepeat) given(events).when(command).then('unchanged');
    else if (allowed[status].includes(action)) given(events).when(command).then([event]);
    else given(events).when(command).then({ code: 'wrong-status' });
  });

  test('allows what the table says', () =>
    expect(Object.keys(complaintTransitions[status]).sort()).toEqual([...allowed[status]].sort()));
});

test.each(actions)('%s of an unknown complaint is refused', (action) =>
  given([]).when(ask(action)).then({ code: 'not-found' }),
);

test('a refusal names the status and what is allowed', () => {
  const decision = runCommands(complaintDecider, [file, ask('close')]).decisions[1];
  expect(decision).toMatchObject({
    rejection: {
      detail: 'the complaint is filed: close is not possible; allowed: acknowledge, assign, analyse, resolve',
    },
  });
});

test('steps go forward in time', () =>
  given(done('acknowledge')).when({ type: 'CloseComplaint', occurredAt: noon }).then({ code: 'wrong-status' }));

test('a step before the last one is refused', () => {
  const early = { ...steps.resolve[0], occurredAt: noon + hour - 1 };
  given(done('assign')).when(early).then({ code: 'out-of-order', pointer: '/occurredAt' });
});

test('a late acknowledgement does not undo an analysis, nor does a hand-over', () => {
  const { state } = runCommands(complaintDecider, [file, ask('analyse'), ask('acknowledge'), ask('assign')]);
  expect(state).toMatchObject({ status: 'analysed', acknowledged: true, assignment: { department: 'quality' } });
});

test('another department takes it on', () => {
  const handOver = { type: 'AssignComplaint', department: 'repair', ...when } as const;
  given(done('assign'))
    .when(handOver)
    .then([{ type: 'ComplaintAssigned', data: { department: 'repair' }, ...at }]);
});

test('reopened it begins again: told, assigned, analysed and followed up as before is not so already', () => {
  const events = done('acknowledge', 'assign', 'analyse', 'resolve', 'follow-up', 'close', 'reopen');
  for (const action of ['acknowledge', 'assign', 'analyse'] as const) {
    given(events).when(ask(action)).then([steps[action][1]]);
  }
  given([...events, steps.resolve[1]])
    .when(ask('follow-up'))
    .then([steps['follow-up'][1]]);
});

test('a customer may change their mind about the solution', () =>
  given(done('resolve', 'follow-up'))
    .when({ type: 'FollowUpComplaint', solved: true, satisfaction: 2, ...when })
    .then([{ type: 'ComplaintFollowedUp', data: { solved: true, satisfaction: 2 }, ...at }]));

test('an optional field that is left out is left out of the event', () => {
  given(done('resolve'))
    .when({ type: 'ReopenComplaint', ...when })
    .then([{ type: 'ComplaintReopened', data: {}, ...at }]);
  given(done('resolve'))
    .when({ type: 'FollowUpComplaint', solved: false, ...when })
    .then([{ type: 'ComplaintFollowedUp', data: { solved: false }, ...at }]);
});

test('what cannot be', () => {
  expect(() => given([filed, filed])).toThrow(/cannot follow/);
  expect(() => given([steps.close[1]])).toThrow(/cannot follow/);
  expect(() => given(done('close'))).toThrow(/no such transition/);
  expect(() => given([...done('assign'), { ...steps.resolve[1], occurredAt: noon }])).toThrow(/back in time/);
});

const settings = { numRuns: 400 };
const instants = fc.integer({ min: 0, max: 30 }).map((n) => noon + n * hour);
const departments = fc.constantFrom('quality', 'repair');
const commands: fc.Arbitrary<ComplaintCommand> = fc.oneof(
  fc.constantFrom('h1', 'h2').map((contentHash) => ({ ...file, contentHash })),
  fc.tuple(fc.constantFrom(...actions), instants).map(([action, occurredAt]) => ({ ...ask(action), occurredAt })),
  fc
    .tuple(departments, instants)
    .map(([department, occurredAt]) => ({ type: 'AssignComplaint' as const, department, occurredAt })),
);

test('I1: decide never emits an event that evolve rejects', () => {
  const seen = new Set<string>();
  const property = fc.property(fc.array(commands, { maxLength: 30, size: 'max' }), (list) => {
    const inTime = list.toSorted((left, right) => left.occurredAt - right.occurredAt);
    for (const some of [list, inTime]) {
      for (const event of runCommands(complaintDecider, some).events) seen.add(event.type);
    }
  });
  fc.assert(property, settings);
  const all = actions.map((action) => steps[action][1].type);
  expect([...seen].sort()).toEqual([...all, 'ComplaintFiled', 'FactConflictDetected'].sort());
});
