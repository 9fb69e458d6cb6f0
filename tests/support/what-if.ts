import type { WhatIfBody } from '@tenure/contracts';
import { type Body, type Running, until } from './running.ts';

/** Asks what would be otherwise, and waits for the answer: the view of a what-if that has ended. */
export async function whatIf(running: Running, question: WhatIfBody): Promise<Body> {
  const started = await running.post('/v1/audit/what-if', question);
  if (started.status !== 202) throw new Error(`${started.status}: ${JSON.stringify(started.body)}`);
  const place = started.headers.get('location') ?? '';
  let view = started.body;
  await until(async () => {
    view = (await running.get(place)).body;
    return view.status !== 'running';
  });
  return view;
}
