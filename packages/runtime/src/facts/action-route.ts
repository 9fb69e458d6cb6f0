import { randomUUID } from 'node:crypto';
import type { DomainEvent, ServiceName } from '@tenure/contracts';
import { idParams } from '@tenure/contracts';
import type { Decider } from '@tenure/domain';
import type { z } from 'zod';
import { handleCommand } from '../commands/commands.ts';
import { answerWrite, writeResponses } from '../http/answers.ts';
import type { Origin } from '../http/origin.ts';
import type { ProblemCode } from '../http/problem-codes.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { type Ids, type StreamCategory, streamName } from '../ids.ts';
import type { ServiceContext } from '../service.ts';
import { factInstant } from './fact.ts';

/** What an action's body may say of when it was done. */
interface ActionBody {
  readonly occurredAt?: string | undefined;
}

export interface ActionRouteOptions<S extends z.ZodType<ActionBody>, State, Command, E extends DomainEvent> {
  readonly service: ServiceName;
  /** Ends in the action: `/v1/complaints/{id}/resolve`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly scopes: readonly string[];
  readonly body: S;
  /** Of what the action is done to. */
  readonly category: StreamCategory;
  readonly decider: Decider<State, Command, E>;
  /** @param occurredAt ms since 1970 UTC; now, if the body does not say */
  command(body: z.output<S>, occurredAt: number): Command;
  /** Beside those that every action has. */
  readonly problems?: readonly ProblemCode[];
}

/** A route for an action on what a fact has begun. It takes If-Match and Idempotency-Key, and answers as a write does. */
export function actionRoute<S extends z.ZodType<ActionBody>, State, Command, E extends DomainEvent>(
  context: Pick<ServiceContext, 'clock' | 'commands' | 'ids'>,
  options: ActionRouteOptions<S, State, Command, E>,
): Route {
  const { clock, ids } = context;
  const { service, category, decider, command, problems = [], operationId, body: schema, ...route } = options;
  return defineRoute({
    ...route,
    operationId,
    method: 'POST',
    limits: { bodyBytes: 128 * 1024, timeoutMs: 5_000 },
    params: idParams,
    body: schema,
    ifMatch: true,
    responses: writeResponses,
    problems: ['not-found', 'wrong-status', 'out-of-order', 'precondition-failed', 'in-the-future', ...problems],
    async handler({ params: { id }, body: parsed, origin }) {
      const body = parsed as z.output<S>;
      const occurredAt = body.occurredAt === undefined ? clock.now() : factInstant(body.occurredAt, clock);
      const result = await handleCommand(context, {
        service,
        origin,
        commandId: commandIdOf(ids, operationId, origin, { id, body }),
        stream: streamName(category, id),
        decider,
        command: command(body, occurredAt),
        expectedRevision: origin.ifMatch,
      });
      return answerWrite(id, result);
    },
  });
}

/**
 * The id of a command that has no natural one: that of its Idempotency-Key, so that a retry is recognised, else one that
 * never comes again. `about` is what the command says, what it is done to included.
 */
export function commandIdOf(
  ids: Ids,
  operationId: string,
  { actor, idempotencyKey }: Pick<Origin, 'actor' | 'idempotencyKey'>,
  about: object,
): string {
  // Random from the first half on: that is what tells one key from another.
  if (idempotencyKey === undefined) return randomUUID().replaceAll('-', '');
  return ids.keyedCommandId(operationId, actor, idempotencyKey, about);
}
