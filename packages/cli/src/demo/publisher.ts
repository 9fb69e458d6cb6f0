import { writeAnswer } from '@tenure/contracts';
import { actionPath, type SimulatedAction, type SimulatedFact } from '@tenure/testing';
import type { Client } from '../server/client.ts';
import { ProblemError } from '../server/problem-error.ts';
import { sendBatch } from '../server/send-batch.ts';

type Line = Extract<SimulatedFact, { kind: 'fact' }>['line'];

/** Publishes what the systems of a simulated business send, as they would: facts in bulk, the rest one by one. */
export interface Publisher {
  /** In order; resolves once everything is answered. @throws CommandFailedError when the service is gone */
  publish(facts: readonly SimulatedFact[]): Promise<void>;
  readonly accepted: number;
  /** Were refused, as the odd message of a real business is. */
  readonly refused: number;
}

export function createPublisher(client: Client): Publisher {
  /** Ids that the service gave to what actions are done on, by what their publisher calls them. */
  const ids = new Map<string, string>();
  let accepted = 0;
  let refused = 0;

  const publishLines = async (lines: readonly Line[]): Promise<void> => {
    await sendBatch({
      address: client.address,
      path: '/v1/facts/batch',
      facts: lines,
      onResult: (result) => {
        const line = lines[result.line - 1];
        if ('error' in result || line === undefined) refused += 1;
        else {
          accepted += 1;
          remember(ids, line, result.id, result.customerId);
        }
      },
    });
  };
  const post = async (path: string, body: unknown): Promise<unknown> => {
    try {
      const answer = await client.post(path, body);
      accepted += 1;
      return answer;
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status >= 500) throw error;
      refused += 1;
      return undefined;
    }
  };

  return {
    publish: async (facts) => {
      let lines: Line[] = [];
      for (const fact of facts) {
        if (fact.kind === 'fact') {
          lines.push(fact.line);
          continue;
        }
        // What follows may be about what is in the lines.
        if (lines.length > 0) await publishLines(lines);
        lines = [];
        if (fact.kind === 'registration') {
          const answer = writeAnswer.safeParse(await post('/v1/customers', fact.body));
          const { customer } = fact.body;
          if (answer.success) rememberCustomer(ids, customer, answer.data.customerId);
        } else await post(actionPath(fact, ids.get(keyOf(fact)) ?? fact.id), fact.body);
      }
      if (lines.length > 0) await publishLines(lines);
    },
    get accepted() {
      return accepted;
    },
    get refused() {
      return refused;
    },
  };
}

function remember(ids: Map<string, string>, line: Line, id: string, customerId: string | null): void {
  if (line.type === 'complaint') ids.set(keyOf({ of: 'complaint', source: line.source, id: line.complaintId }), id);
  if (line.type === 'follow-up') ids.set(keyOf({ of: 'follow-up', source: line.source, id: line.followUpId }), id);
  if ('customer' in line && line.customer !== null) rememberCustomer(ids, line.customer, customerId);
}

function rememberCustomer(
  ids: Map<string, string>,
  customer: { source: string; key: string },
  id: string | null,
): void {
  if (id !== null) ids.set(keyOf({ of: 'customer', source: customer.source, id: customer.key }), id);
}

function keyOf({ of, source, id }: Pick<SimulatedAction, 'of' | 'source' | 'id'>): string {
  return `${of} ${source} ${id}`;
}
