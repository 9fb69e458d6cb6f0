import type { EventOfType } from '@tenure/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Happening } from '../decider.ts';
import { givenFor, runCommands } from '../testing/given.ts';
import { type AnswerSurvey, type InviteToSurvey, type SurveyCommand, surveyDecider } from './survey.ts';

const given = givenFor(surveyDecider);
const [ann, bob] = ['a'.repeat(32), 'b'.repeat(32)];
const noon = Date.UTC(2011, 0, 18, 12);
const hour = 3_600_000;

const content = { source: 'crm', invitationId: 'i-1', kind: 'csat', channel: 'email', department: 'service' } as const;
const invite: InviteToSurvey = {
  type: 'InviteToSurvey',
  content,
  contentHash: 'one',
  customerId: ann,
  occurredAt: noon,
};
const invited: Happening<EventOfType<'SurveyInvited'>> = {
  type: 'SurveyInvited',
  data: { ...content, contentHash: 'one' },
  customerId: ann,
  occurredAt: noon,
};
const answer: AnswerSurvey = {
  type: 'AnswerSurvey',
  source: 'crm',
  invitationId: 'i-1',
  score: 4,
  comment: 'Friendly people',
  contentHash: 'four',
  occurredAt: noon + hour,
};
const answered: Happening<EventOfType<'SurveyAnswered'>> = {
  type: 'SurveyAnswered',
  data: { ...content, score: 4, contentHash: 'four' },
  personal: { comment: 'Friendly people' },
  customerId: ann,
  occurredAt: noon + hour,
};

describe('the invitation', () => {
  test('is recorded', () => given([]).when(invite).then([invited]));
  test('the same again is unchanged', () => given([invited, answered]).when(invite).then('unchanged'));

  test('with other content it is a conflict', () => {
    const conflict: Happening<EventOfType<'FactConflictDetected'>> = {
      type: 'FactConflictDetected',
      data: { kind: 'survey', source: 'crm', id: 'i-1', contentHash: 'two' },
      personal: { submitted: { ...content, customerId: bob, occurredAt: '2011-01-18T12:00:00.000Z' } },
      customerId: bob,
      occurredAt: noon,
    };
    const other = { ...invite, contentHash: 'two', customerId: bob };
    given([invited])
      .when(other)
      .then({ code: 'conflict', events: [conflict] });
    given([invited, conflict]).when(other).then({ code: 'conflict' });
  });
});

describe('the answer', () => {
  test('belongs to who was invited, and says again what about', () => given([invited]).when(answer).then([answered]));

  test('may have no words', () => {
    const { personal: _, ...silent } = answered;
    const { comment: __, ...command } = answer;
    given([invited]).when(command).then([silent]);
  });

  test('the same again is unchanged', () => given([invited, answered]).when(answer).then('unchanged'));

  test('a second, different one is a conflict, seen once', () => {
    const second = { ...answer, score: 1, contentHash: 'one!' };
    const submitted = { source: 'crm', invitationId: 'i-1', score: 1, comment: 'Friendly people' };
    const conflict: Happening<EventOfType<'FactConflictDetected'>> = {
      type: 'FactConflictDetected',
      data: { kind: 'survey-response', source: 'crm', id: 'i-1', contentHash: 'one!' },
      personal: { submitted: { ...submitted, customerId: ann, occurredAt: '2011-01-18T13:00:00.000Z' } },
      customerId: ann,
      occurredAt: noon + hour,
    };
    given([invited, answered])
      .when(second)
      .then({ code: 'conflict', events: [conflict] });
    given([invited, answered, conflict]).when(second).then({ code: 'conflict' });
  });

  test('needs an invitation', () => given([]).when(answer).then({ code: 'not-found' }));

  test('may come at the instant of the invitation, not before', () => {
    given([invited])
      .when({ ...answer, occurredAt: noon })
      .then([{ ...answered, occurredAt: noon }]);
    given([invited])
      .when({ ...answer, occurredAt: noon - 1 })
      .then({ code: 'out-of-order', pointer: '/answeredAt' });
  });

  test.each([
    ['csat', 1, 5],
    ['nps', 0, 10],
    ['ces', 1, 7],
  ] as const)('of %s lies from %i to %i', (kind, from, to) => {
    const asked = { ...invited, data: { ...invited.data, kind } };
    for (const score of [from, to]) {
      given([asked])
        .when({ ...answer, score })
        .then([{ ...answered, data: { ...answered.data, kind, score } }]);
    }
    for (const score of [from - 1, to + 1, from + 0.5]) {
      given([asked])
        .when({ ...answer, score })
        .then({ code: 'score-out-of-range', pointer: '/score' });
    }
  });
});

test('a command for another invitation is a fault of the caller', () =>
  expect(() => given([invited]).when({ ...answer, invitationId: 'i-2' })).toThrow(/another/));

test('an invitation of another id is a fault of the caller', () =>
  expect(() => given([invited]).when({ ...invite, content: { ...content, source: 'shop' } })).toThrow(/another/));

test('what cannot be', () => {
  const data = { kind: 'survey', source: 'crm', id: 'i-1', contentHash: 'two' } as const;
  const conflict = { type: 'FactConflictDetected' as const, data, customerId: ann, occurredAt: noon };
  expect(() => given([conflict])).toThrow(/nothing stands/);
  expect(() => given([invited, invited])).toThrow(/cannot follow/);
  expect(() => given([answered])).toThrow(/cannot follow/);
  expect(() => given([invited, answered, answered])).toThrow(/cannot follow/);
  expect(() => given([invited, { ...answered, occurredAt: noon - 1 }])).toThrow(/precedes/);
  expect(() => given([invited, { ...answered, data: { ...answered.data, score: 6 } }])).toThrow(/scale/);
});

const settings = { numRuns: 300 };
const instants = fc.integer({ min: 0, max: 3 }).map((n) => noon + n * hour);
const hashes = fc.constantFrom('h1', 'h2');
const commands: fc.Arbitrary<SurveyCommand> = fc.oneof(
  fc
    .record({ kind: fc.constantFrom('csat', 'nps', 'ces'), contentHash: hashes, occurredAt: instants })
    .map(({ kind, ...rest }) => ({ ...invite, ...rest, content: { ...content, kind } })),
  fc
    .record({ score: fc.integer({ min: -1, max: 11 }), contentHash: hashes, occurredAt: instants })
    .map((rest) => ({ ...answer, ...rest })),
);

test('I1: decide never emits an event that evolve rejects', () => {
  const seen = new Set<string>();
  const property = fc.property(fc.array(commands, { maxLength: 12, size: 'max' }), (list) => {
    const { events } = runCommands(surveyDecider, list);
    for (const event of events) seen.add(event.type);
    expect(events.filter(({ type }) => type === 'SurveyAnswered').length).toBeLessThan(2);
  });
  fc.assert(property, settings);
  expect([...seen].sort()).toEqual(['FactConflictDetected', 'SurveyAnswered', 'SurveyInvited']);
});
