import type { EventOfType } from '@tenure/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Happening } from '../decider.ts';
import { givenFor, runCommands } from '../testing/given.ts';
import {
  type FinishImport,
  type ImportSessionCommand,
  importSessionDecider,
  type StartImport,
} from './import-session.ts';

const given = givenFor(importSessionDecider);
const session = 'c'.repeat(32);
const noon = Date.UTC(2011, 0, 18, 12);

const start: StartImport = { type: 'StartImport', session, name: 'retail.csv', occurredAt: noon };
const finish: FinishImport = { type: 'FinishImport', session, occurredAt: noon + 1 };
const started: Happening<EventOfType<'ImportStarted'>> = {
  type: 'ImportStarted',
  data: { session, name: 'retail.csv' },
  customerId: null,
  occurredAt: noon,
};
const finished: Happening<EventOfType<'ImportFinished'>> = {
  type: 'ImportFinished',
  data: { session },
  customerId: null,
  occurredAt: noon + 1,
};

test('it starts', () => given([]).when(start).then([started]));
test('started again while open it goes on', () => given([started]).when(start).then('unchanged'));
test('started again when finished it stays so', () => given([started, finished]).when(start).then('unchanged'));
test('it finishes', () => given([started]).when(finish).then([finished]));
test('finished again it stays so', () => given([started, finished]).when(finish).then('unchanged'));
test('what was not started cannot finish', () => given([]).when(finish).then({ code: 'not-found' }));

test('a command for another session is a fault of the caller', () =>
  expect(() => given([started]).when({ ...finish, session: 'd'.repeat(32) })).toThrow(/another session/));

test('what cannot be', () => {
  expect(() => given([started, started])).toThrow(/cannot follow/);
  expect(() => given([finished])).toThrow(/cannot follow/);
  expect(() => given([started, finished, finished])).toThrow(/cannot follow/);
  expect(() => given([started, { ...finished, data: { session: 'd'.repeat(32) } }])).toThrow(/cannot follow/);
});

const settings = { numRuns: 100 };

test('I1: decide never emits an event that evolve rejects', () => {
  const commands: fc.Arbitrary<ImportSessionCommand> = fc.constantFrom(start, finish);
  const property = fc.property(fc.array(commands, { maxLength: 8, size: 'max' }), (list) => {
    const { events } = runCommands(importSessionDecider, list);
    const begun = list.indexOf(start);
    const expected = begun < 0 ? [] : list.includes(finish, begun) ? [started, finished] : [started];
    expect(events).toEqual(expected);
  });
  fc.assert(property, settings);
});
