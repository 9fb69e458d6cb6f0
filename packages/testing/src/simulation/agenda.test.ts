import { expect, it } from 'vitest';
import { Agenda } from './agenda.ts';
import { randomOf } from './random.ts';

it('takes appointments by instant, and those of one instant as they were entered', () => {
  const random = randomOf(3);
  const agenda = new Agenda();
  const entered: { at: number; order: number }[] = [];
  const taken: { at: number; order: number }[] = [];
  const enter = (at: number) => {
    const appointment = { at, order: entered.length };
    entered.push(appointment);
    agenda.enter(at, () => taken.push(appointment));
  };
  for (let i = 0; i < 500; i++) enter(random.below(50));
  for (let next = agenda.next(); next !== undefined; next = agenda.next()) {
    next.run();
    // Some lead to others, later.
    if (entered.length < 800) enter(next.at + random.below(20));
  }
  expect(taken).toHaveLength(entered.length);
  expect(taken).toEqual(entered.toSorted((left, right) => left.at - right.at || left.order - right.order));
  expect(agenda.next()).toBeUndefined();
});
