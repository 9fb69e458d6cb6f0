import type { InboxMessage } from '@tenure/event-bus/kafka';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { CommandRequest } from '../commands/command-request.ts';
import type { CommandResult } from '../commands/commands.ts';
import { createLog } from '../telemetry/log.ts';
import { defineFact, type Fact } from './fact.ts';
import { FactsNotTakenError, takePublishedFacts } from './inbox.ts';

const accepted: CommandResult = { status: 'accepted', customerId: null, position: '0001', revision: 0 };
const log = createLog({ level: 'silent', service: 'test' });

/** A fact whose order says what becomes of it. */
const factOf = (type: 'purchase' | 'complaint'): Fact =>
  defineFact({
    type,
    schema: z.strictObject({ order: z.string() }),
    command: ({ order }, { origin }) => {
      if (order === 'breaks') throw new RangeError(`nobody foresaw ${order}`);
      return { id: 'd'.repeat(32), request: { service: 'interaction', origin, commandId: order, steps: [] } };
    },
  });

function inbox({
  types = ['purchase'],
  isAway = false,
}: {
  types?: ('purchase' | 'complaint')[];
  isAway?: boolean;
} = {}) {
  const asked: CommandRequest[] = [];
  const handleAll = async (requests: readonly CommandRequest[]): Promise<readonly CommandResult[]> => {
    asked.push(...requests);
    return requests.map(({ commandId }) =>
      commandId === 'ok' ? accepted : { status: 'rejected', rejection: { code: commandId, detail: 'it is so' } },
    );
  };
  const take = takePublishedFacts({
    commands: { handleAll },
    facts: new Map(types.map((type) => [type, factOf(type)])),
    log,
    store: {
      head: async () => {
        if (isAway) throw new Error('the store is away');
        return null;
      },
    },
  });
  return { asked, take };
}

const message = (value: string, headers: Readonly<Record<string, string>> = {}): InboxMessage => ({
  topic: 'tenure.facts',
  partition: 3,
  offset: '42',
  value: Buffer.from(value),
  header: (name) => headers[name],
});
const fact = (order: string, type = 'purchase'): InboxMessage => message(JSON.stringify({ type, order }));
const outcomes = (verdicts: readonly { readonly outcome: string; readonly reason?: string }[]): readonly string[] =>
  verdicts.map(({ outcome, reason }) => (reason === undefined ? outcome : JSON.parse(reason).type.split(':').at(-1)));

test('a verdict on each message, in order, what is decided among what is not', async () => {
  const { take, asked } = inbox();
  const messages = [fact('ok'), message('{'), fact('conflict'), fact('ok', 'complaint'), fact('ok'), fact('breaks')];
  expect(outcomes(await take(messages, 1))).toEqual(['taken', 'not-json', 'conflict', 'not-ours', 'taken', 'internal']);
  expect(asked.map(({ commandId }) => commandId)).toEqual(['ok', 'conflict', 'ok']);
});

test('who takes no purchases rejects only what is wrong with its own', async () => {
  const { take } = inbox({ types: ['complaint'] });
  const messages = [
    message('{'),
    fact('ok', 'nonsense'),
    fact('ok'),
    fact('ok', 'complaint'),
    fact('conflict', 'complaint'),
  ];
  const verdicts = await take([...messages, message('{"type":"complaint"}')], 1);
  expect(outcomes(verdicts)).toEqual(['not-ours', 'not-ours', 'not-ours', 'taken', 'conflict', 'invalid']);
});

test.each(['store-unavailable', 'contended'])(
  '%s passes: it is to be tried again, however often it was',
  async (code) => {
    const { take } = inbox();
    for (const attempt of [1, 10, 1_000])
      await expect(take([fact('ok'), fact(code), fact('conflict')], attempt)).rejects.toThrow(FactsNotTakenError);
  },
);

test('what fails for no known reason is tried ten times, and set aside if the store answers', async () => {
  const { take } = inbox();
  for (const attempt of [1, 9]) await expect(take([fact('internal')], attempt)).rejects.toThrow(FactsNotTakenError);
  expect(outcomes(await take([fact('ok'), fact('internal')], 10))).toEqual(['taken', 'internal']);
  await expect(take([fact('internal'), fact('store-unavailable')], 10)).rejects.toThrow(FactsNotTakenError);
  await expect(inbox({ isAway: true }).take([fact('internal')], 10)).rejects.toThrow('the store is away');
});

test('the origin of a fact: what the publisher says, if it can be carried', async () => {
  const { take, asked } = inbox();
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const binary = { ce_specversion: '1.0', ce_type: 'purchase', ce_source: '/shop' };
  await take(
    [
      message('{"order":"ok"}', { ...binary, ce_id: 'e-1', ce_traceparent: traceparent }),
      message('{"order":"ok"}', { ...binary, ce_id: 'e 1', traceparent: 'nonsense' }),
      message('{"order":"ok"}', { ...binary, ce_id: 'e-2', traceparent: `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01` }),
      fact('ok'),
    ],
    1,
  );
  const place = 'tenure.facts/3/42';
  expect(asked.map(({ origin }) => origin)).toMatchObject([
    { actor: 'kafka', correlationId: 'e-1', traceparent },
    { actor: 'kafka', correlationId: place, traceparent: undefined },
    { actor: 'kafka', correlationId: 'e-2', traceparent: undefined },
    { actor: 'kafka', correlationId: place, traceparent: undefined },
  ]);
  expect(new Set(asked.map(({ origin }) => origin.requestId)).size).toBe(4);
});
