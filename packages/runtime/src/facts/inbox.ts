import { type FactType, factBodies } from '@tenure/contracts';
import type { InboxMessage, InboxVerdict } from '@tenure/event-bus/kafka';
import type { CommandOrigin } from '../commands/command-request.ts';
import type { CommandResult, Commands } from '../commands/commands.ts';
import { isTraceparent, newRequestId } from '../http/origin.ts';
import { Problem, rejectionProblem } from '../http/problem.ts';
import type { ServiceContext } from '../service.ts';
import { type EventAttributes, readPublishedFact } from './cloud-event.ts';
import type { IntendedFact } from './fact.ts';
import { checkFactType } from './read-fact.ts';
import { rejectionReason } from './reason.ts';

/** Who publishes over Kafka. */
const actor = 'kafka';
/** What fails for no known reason that often, while the store answers, is set aside: others wait behind it. */
const MOST_ATTEMPTS = 10;
const visible = /^[\x21-\x7e]{1,200}$/;
const factTypes = Object.keys(factBodies) as readonly FactType[];

const taken: InboxVerdict = { outcome: 'taken' };
const notOurs: InboxVerdict = { outcome: 'not-ours' };

/** Facts could not be taken just now; sent again they may be. */
export class FactsNotTakenError extends Error {
  readonly code = 'facts-not-taken';
  constructor(problem: Problem) {
    super(`facts cannot be taken: ${problem.message}`, { cause: problem });
    this.name = 'FactsNotTakenError';
  }
}

/**
 * Takes published facts as a batch would, those of the types that this process takes; for a Kafka inbox. What is no fact
 * at all is for the process that takes purchases to reject, so that one alone does.
 */
export function takePublishedFacts(
  context: Pick<ServiceContext, 'facts' | 'log'> & {
    readonly commands: Pick<Commands, 'handleAll'>;
    readonly store: Pick<ServiceContext['store'], 'head'>;
  },
): (messages: readonly InboxMessage[], attempt: number) => Promise<readonly InboxVerdict[]> {
  const { commands, facts, log, store } = context;
  const isForStrays = facts.has('purchase');

  const rejected = ({ topic, partition, offset }: InboxMessage, problem: Problem): InboxVerdict => {
    const { code } = problem;
    if (code === 'internal') log.error({ err: problem.cause, topic, partition, offset }, 'fact cannot be taken');
    else log.warn({ topic, partition, offset, code }, 'fact rejected');
    return { outcome: 'rejected', reason: rejectionReason(problem) };
  };

  const understand = (message: InboxMessage): IntendedFact | InboxVerdict => {
    let isOurs = isForStrays;
    try {
      const { type, body, attributes } = readPublishedFact(message);
      const fact = facts.get(checkFactType(type, factTypes));
      isOurs = fact !== undefined;
      return fact?.accept(body, { origin: originOf(message, attributes) }) ?? notOurs;
    } catch (error) {
      if (!isOurs) return notOurs;
      return rejected(message, error instanceof Problem ? error : unforeseen(error));
    }
  };

  return async (messages, attempt) => {
    const understood = messages.map(understand);
    const intended = understood.filter((one): one is IntendedFact => 'request' in one);
    const results = await commands.handleAll(intended.map(({ request }) => request));
    const problems = results.map(problemOf);
    const passing = problems.find((problem) => problem?.status === 503);
    if (passing !== undefined) throw new FactsNotTakenError(passing);
    const unknown = problems.find((problem) => problem !== undefined && problem.status >= 500);
    if (unknown !== undefined) {
      if (attempt < MOST_ATTEMPTS) throw new FactsNotTakenError(unknown);
      // Throws while it is away after all.
      await store.head();
    }
    let next = 0;
    return messages.map((message, index) => {
      const one = understood[index];
      if (one === undefined || !('request' in one)) return one ?? notOurs;
      const problem = problems[next++];
      return problem === undefined ? taken : rejected(message, problem);
    });
  };
}

function problemOf(result: CommandResult): Problem | undefined {
  return result.status === 'rejected' ? rejectionProblem(result.rejection) : undefined;
}

function originOf({ topic, partition, offset }: InboxMessage, { id, traceparent }: EventAttributes): CommandOrigin {
  return {
    actor,
    requestId: newRequestId(),
    correlationId: id !== undefined && visible.test(id) ? id : `${topic}/${partition}/${offset}`,
    traceparent: traceparent !== undefined && isTraceparent(traceparent) ? traceparent : undefined,
  };
}

/** It would be so again: reading a fact asks nobody. */
function unforeseen(cause: unknown): Problem {
  return new Problem('internal', 'Something went wrong on our side; it has been noted', { cause });
}
