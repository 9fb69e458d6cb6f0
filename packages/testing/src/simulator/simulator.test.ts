import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { leastFailing, randomOf, Trace, Turnstile, VirtualMachine } from './index.ts';

const install = (seed = 1, now = () => 0): VirtualMachine => VirtualMachine.install(randomOf(seed), now);

it('lets timers go off when told to, the soonest first, and moves the clock on by them alone', async () => {
  const order: string[] = [];
  {
    using machine = install();
    setTimeout(() => order.push('late'), 1_000);
    void delay(20).then(() => order.push('soon'));
    const cleared = setTimeout(() => order.push('never'), 1);
    clearTimeout(cleared);
    expect([machine.timers.count, performance.now()]).toEqual([2, 0]);
    await machine.quiet();
    expect(order).toEqual([]);
    machine.timers.fireNext();
    await machine.quiet();
    expect([order, performance.now()]).toEqual([['soon'], 20]);
    machine.timers.fireNext();
    expect([order, performance.now(), machine.timers.fireNext()]).toEqual([['soon', 'late'], 1_000, false]);
  }
});

it('tells the time that it is given, repeats chance by its seed, and leaves the machine as it was', () => {
  const real = [setTimeout, setImmediate, Math.random, Date.now, performance.now, randomUUID];
  const drawn = (seed: number): unknown => {
    using _machine = install(seed, () => 4_711);
    return [randomUUID(), Math.random(), Date.now()];
  };
  expect(drawn(7)).toEqual(drawn(7));
  expect(drawn(7)).not.toEqual(drawn(8));
  expect(drawn(7)).toMatchObject({ 2: 4_711 });
  expect([setTimeout, setImmediate, Math.random, Date.now, performance.now, randomUUID]).toEqual(real);
});

it('refuses what would go on by itself', () => {
  using _machine = install();
  expect(() => setInterval(() => undefined, 1)).toThrow('setInterval');
});

it('is quiet only when nothing is put off or at work any more', async () => {
  using machine = install();
  const order: number[] = [];
  setImmediate(() => setImmediate(() => setImmediate(() => order.push(1))));
  void machine.during(async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    order.push(2);
  });
  await machine.quiet();
  expect(order).toEqual([1, 2]);
});

it('holds calls back until they are let through, done, failed or with their answer lost', async () => {
  using machine = install();
  const turnstile = new Turnstile(machine);
  const done: string[] = [];
  const call = (name: string, when?: () => boolean): Promise<string> => {
    const work = (): string => {
      done.push(name);
      return name;
    };
    return turnstile.pass({
      name,
      kind: 'call',
      failure: () => new Error(`${name} failed`),
      work,
      ...(when && { when }),
    });
  };
  const outcomes = Promise.allSettled([call('one'), call('two'), call('three')]);
  let isOpen = false;
  const shut = call('four', () => isOpen);
  expect(turnstile.ready.map(({ name }) => name)).toEqual(['one', 'two', 'three']);
  for (const passage of ['lost', 'failed', 'done'] as const) turnstile.ready[0]?.through(passage);
  expect(await outcomes).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }, { value: 'three' }]);
  expect(done).toEqual(['one', 'three']);
  isOpen = true;
  turnstile.ready[0]?.through('done');
  expect(await shut).toBe('four');
  void call('five');
  turnstile.forget();
  expect(turnstile.ready).toEqual([]);
});

it('traces in the same bytes what is the same, and in others what is not', () => {
  const hashOf = (...lines: readonly string[]): string => {
    const trace = new Trace();
    for (const line of lines) trace.note(line);
    return trace.hash;
  };
  expect(hashOf('a', 'b')).toBe(hashOf('a', 'b'));
  expect(hashOf('a', 'b')).not.toBe(hashOf('b', 'a'));
});

it('narrows a failure down to the least that fails still, in so many tries', async () => {
  let played = 0;
  const fails = async (plan: readonly number[]): Promise<boolean> => {
    played++;
    return plan.includes(3) && plan.includes(11);
  };
  const smaller = (plan: readonly number[]): readonly (readonly number[])[] =>
    plan.map((_, left) => plan.filter((_, index) => index !== left));
  const all = Array.from({ length: 16 }, (_, number) => number);
  expect(await leastFailing(all, smaller, fails, 1_000)).toEqual([3, 11]);
  played = 0;
  await leastFailing(all, smaller, fails, 5);
  expect(played).toBe(5);
});
