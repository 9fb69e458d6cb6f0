import type { z } from 'zod';
import type { Commands } from '../commands/commands.ts';
import { answerWrite, writeResponses } from '../http/answers.ts';
import type { ProblemCode } from '../http/problem-codes.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { FactOf } from './fact.ts';
import { maxFactBytes } from './read-fact.ts';

export interface FactRouteOptions<S extends z.ZodType> {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly fact: FactOf<S>;
  /** Beside `conflict` and `in-the-future`. */
  readonly problems?: readonly ProblemCode[];
}

/** A route that takes one fact. */
export function factRoute<S extends z.ZodType>(
  context: { readonly commands: Commands },
  { fact, problems = [], ...route }: FactRouteOptions<S>,
): Route {
  return defineRoute({
    ...route,
    method: 'POST',
    scopes: [factScope],
    limits: { bodyBytes: maxFactBytes, timeoutMs: 5_000 },
    body: fact.schema,
    responses: writeResponses,
    problems: ['conflict', 'in-the-future', ...problems],
    handler: async ({ body, origin }) => {
      const { id, request } = fact.command(body as z.output<S>, { origin });
      return answerWrite(id, await context.commands.handle(request));
    },
  });
}

/** What a key must be allowed to publish facts, of whatever type. */
export const factScope = 'facts:write';
