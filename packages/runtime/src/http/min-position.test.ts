import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createPositionWait } from './min-position.ts';
import { defineRoute } from './route.ts';
import { serve } from './testing/serve.ts';

const position = (n: number): string => String(n).padStart(4, '0');

/** A log of ten events, and views that are where the test puts them. */
function behind(patienceMs?: number) {
  let at: string | null = null;
  const waiting: (() => void)[] = [];
  const wait = createPositionWait(
    {
      checkpointAt: async (given) =>
        given?.length === 4 && given <= position(10)
          ? { logId: 'l', epoch: 1, position: given, eventId: 'e' }
          : undefined,
    },
    {
      get position() {
        return at;
      },
      reached: (_, signal) =>
        new Promise((resolve, reject) => {
          waiting.push(resolve);
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    },
    patienceMs,
  );
  const route = defineRoute({
    method: 'GET',
    path: '/view',
    operationId: 'view',
    summary: 'View',
    tags: ['test'],
    scopes: ['test:read'],
    limits: { bodyBytes: 0, timeoutMs: 5_000 },
    awaitsPosition: true,
    responses: { 200: { description: 'It', schema: z.strictObject({}) } },
    handler: () => ({ status: 200, body: {} }),
  });
  const move = (to: number): void => {
    at = position(to);
    for (const wake of waiting) wake();
  };
  return { wait, route, waiting, move };
}

describe('Tenure-Min-Position', () => {
  it('lets a read wait until the view is there', async () => {
    const { wait, route, waiting, move } = behind();
    const { app } = await serve([route], { awaitPosition: wait });
    const headers = { 'tenure-min-position': position(7) };
    const read = app.inject({ url: '/view', headers });
    await expect.poll(() => waiting.length).toBe(1);
    move(7);
    expect((await read).statusCode).toBe(200);
    expect((await app.inject({ url: '/view', headers })).statusCode).toBe(200);
    expect((await app.inject('/view')).statusCode).toBe(200);
    expect(waiting).toHaveLength(1);
  });

  it('answers 504 when the view is not there in time', async () => {
    const { wait, route } = behind(50);
    const { app } = await serve([route], { awaitPosition: wait });
    const answer = await app.inject({ url: '/view', headers: { 'tenure-min-position': position(7) } });
    expect([answer.statusCode, answer.json().type]).toEqual([504, 'urn:tenure:problem:view-behind']);
  });

  it('answers 422 for what is no position of the store', async () => {
    const { wait, route, move } = behind();
    move(3);
    const { app } = await serve([route], { awaitPosition: wait });
    for (const given of [position(11), '', 'zzzz']) {
      const answer = await app.inject({ url: '/view', headers: { 'tenure-min-position': given } });
      expect([answer.statusCode, answer.json().type], given).toEqual([422, 'urn:tenure:problem:position-unknown']);
    }
  });
});
