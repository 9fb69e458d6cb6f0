import type { EventOfType } from '@tenure/contracts';
import { expect, test } from 'vitest';
import { accepted, type Decider, type Happening, unchanged } from '../decider.ts';
import { reject } from '../rejections.ts';
import { givenFor, runCommands } from './given.ts';

type Finished = EventOfType<'ImportFinished'>;
const session = 'c'.repeat(32);
const finished: Happening<Finished> = { type: 'ImportFinished', data: { session }, occurredAt: 0, customerId: null };

type Command = 'finish' | 'repeat' | 'refuse' | 'emit nonsense';
const decider: Decider<number, Command, Finished> = {
  initialState: 0,
  evolve: (count) => {
    if (count === 2) throw new Error('two are enough');
    return count + 1;
  },
  decide: (command) => {
    switch (command) {
      case 'finish':
        return accepted(finished);
      case 'repeat':
        return unchanged;
      case 'refuse':
        return reject('conflict', 'no', { pointer: '/name', events: [finished] });
      case 'emit nonsense':
        return accepted({ ...finished, data: { session: 'nonsense' } });
      default:
        return command satisfies never;
    }
  },
};
const given = givenFor(decider);

test('a decision that is as expected passes', () => {
  given([]).when('finish').then([finished]);
  given([]).when('repeat').then('unchanged');
  given([])
    .when('refuse')
    .then({ code: 'conflict', pointer: '/name', events: [finished] });
});

test('any other fails, and shows both', () => {
  expect(() => given([]).when('finish').then([])).toThrow(/but it was/);
  expect(() =>
    given([])
      .when('finish')
      .then([{ ...finished, occurredAt: 1 }]),
  ).toThrow(/"occurredAt": 1/);
  expect(() => given([]).when('finish').then('unchanged')).toThrow(/but it was/);
  expect(() => given([]).when('repeat').then([finished])).toThrow(/but it was/);
  expect(() =>
    given([])
      .when('refuse')
      .then({ code: 'conflict', events: [finished] }),
  ).toThrow(/but it was/);
  expect(() => given([]).when('refuse').then({ code: 'conflict', pointer: '/name' })).toThrow(/but it was/);
});

test('an event that fits no schema fails', () => {
  const event = { ...finished, data: { session: 'nonsense' } };
  expect(() => given([]).when('emit nonsense').then([event])).toThrow(/ImportFinished/);
  expect(() => runCommands(decider, ['emit nonsense'])).toThrow(/ImportFinished/);
});

test('an event that evolve rejects fails', () => {
  expect(() =>
    given([finished, finished])
      .when('refuse')
      .then({ code: 'conflict', pointer: '/name', events: [finished] }),
  ).toThrow('two are enough');
  expect(() => runCommands(decider, ['finish', 'repeat', 'finish', 'finish'])).toThrow('two are enough');
});
