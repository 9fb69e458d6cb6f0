import type { CommandRequest, CommandResult, Fact } from '@tenure/runtime';
import { expect, test } from 'vitest';
import { BatchLines } from './decide-lines.ts';

const customerId = 'c'.repeat(32);
const accepted: CommandResult = { status: 'accepted', customerId, position: '0001', revision: 0 };
const rejected = (code: string): CommandResult => ({ status: 'rejected', rejection: { code, detail: 'it is so' } });

/** A fact whose id says what becomes of it. */
const purchase: Fact = {
  type: 'purchase',
  accept: (body) => {
    const { outcome } = body as { readonly outcome: string };
    const request: CommandRequest = { service: 'interaction', origin, commandId: outcome, steps: [] };
    return { id: 'd'.repeat(32), request };
  },
};
const origin = { actor: 'local', requestId: 'r', correlationId: 'r', traceparent: undefined };

function batch() {
  const asked: string[][] = [];
  const commands = {
    handleAll: async (requests: readonly CommandRequest[]) => {
      asked.push(requests.map(({ commandId }) => commandId));
      return requests.map(({ commandId }) => (commandId === 'ok' ? accepted : rejected(commandId)));
    },
  };
  const lines = new BatchLines({ commands, facts: new Map([['purchase', purchase]]) }, { origin }, 100);
  const decide = async (...outcomes: readonly string[]) => {
    const text = await lines.decide(outcomes.map((outcome) => JSON.stringify({ type: 'purchase', outcome })));
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  return { asked, decide };
}

test('I9: when the store fails the rest is 503, and nothing more is tried', async () => {
  const { asked, decide } = batch();
  expect((await decide('ok', 'store-unavailable')).map(({ status }) => status)).toEqual([202, 503]);
  const rest = await decide('ok', 'ok');
  expect(rest.map(({ line, status, error }) => [line, status, error.type])).toEqual([
    [3, 503, 'urn:tenure:problem:store-unavailable'],
    [4, 503, 'urn:tenure:problem:store-unavailable'],
  ]);
  expect(asked).toEqual([['ok', 'store-unavailable'], []]);
});

test('every answer has a status that lines have', async () => {
  const { decide } = batch();
  const codes = [
    'conflict',
    'not-found',
    'too-large',
    'wrong-status',
    'invalid',
    'contended',
    'internal',
    'unheard-of',
  ];
  const answers = await decide(...codes);
  expect(answers.map(({ status }) => status)).toEqual([409, 422, 413, 409, 422, 503, 503, 409]);
  expect(answers.every(({ status, error }) => error.status === status)).toBe(true);
});
