import { leastFailing } from '@tenure/testing/simulator';
import { expect, it } from 'vitest';
import { isFull } from '../support/chance.ts';
import { type Plan, parsePlan, planOf, planText, smaller } from './plan.ts';
import { type Outcome, play } from './run.ts';

/** Plans that are played to narrow one failure down. */
const tries = 40;
const togetherAtOnce = 25;

const given = process.env.TENURE_TEST_PLAY;
const plans =
  given === undefined ? Array.from({ length: isFull ? 500 : 50 }, (_, index) => planOf(index + 1)) : of(given);
const groups = Array.from({ length: Math.ceil(plans.length / togetherAtOnce) }, (_, index) =>
  plans.slice(index * togetherAtOnce, (index + 1) * togetherAtOnce),
);

it.each(groups.map((group) => ({ group, name: nameOf(group) })))(
  'I3, I4, I5, I6, I11, I12, I21, I22, I23: whatever befalls it, the product says what the facts say (seeds $name)',
  async ({ group }) => {
    for (const plan of group) {
      const outcome = await play(plan);
      if (given !== undefined && plans.length === 1) process.stdout.write(`${outcome.trace.lines.join('\n')}\n`);
      if (outcome.failure !== undefined) throw await told(outcome);
    }
  },
  1_800_000,
);

it('I5: a seed is played again step by step, and others otherwise', async () => {
  const [once, again, other] = [await play(planOf(22)), await play(planOf(22)), await play(planOf(23))];
  expect(again.trace.lines).toEqual(once.trace.lines);
  expect(again.trace.hash).toBe(once.trace.hash);
  expect(other.trace.hash).not.toBe(once.trace.hash);
});

it('a plan is read as it is written', () => {
  for (const text of ['17', '17,-crash,-power-cut,first:40']) expect(planText(parsePlan(text))).toBe(text);
  for (const text of ['', 'x', '17,-nothing', '17,first:']) expect(() => parsePlan(text)).toThrow(RangeError);
});

/** One plan, or seeds from one to another: `1000-1999`. */
function of(text: string): readonly Plan[] {
  const [first, last] = /^(\d+)-(\d+)$/.exec(text)?.slice(1).map(Number) ?? [];
  if (first === undefined || last === undefined) return [parsePlan(text)];
  return Array.from({ length: last - first + 1 }, (_, index) => planOf(first + index));
}

function nameOf(group: readonly Plan[]): string {
  const [first, last] = [group[0], group.at(-1)].map((plan) => (plan === undefined ? '' : planText(plan)));
  return first === last ? String(first) : `${first} to ${last}`;
}

/** What failed, with how to see it again, and the least that fails in the same way. */
async function told({ plan, failure, arrived }: Outcome): Promise<Error> {
  const message = messageOf(failure);
  const failsAlike = async (other: Plan): Promise<boolean> => {
    const { failure: another } = await play(other);
    return another !== undefined && kindOf(messageOf(another)) === kindOf(message);
  };
  const least = await leastFailing(plan, (one) => smaller(one, arrived), failsAlike, tries);
  const { trace: shortest } = await play(least);
  const text = [
    `seed ${plan.seed}: ${message}`,
    `to see it again:  TENURE_TEST_PLAY=${planText(plan)} npm test -- tests/simulation`,
    `the least of it:  TENURE_TEST_PLAY=${planText(least)} npm test -- tests/simulation`,
    ...shortest.lines.slice(-80),
  ].join('\n');
  return new Error(text, { cause: failure });
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

/** What an assertion is about, without its values. */
function kindOf(message: string): string {
  return message.split(/: expected|\n/)[0] ?? '';
}
