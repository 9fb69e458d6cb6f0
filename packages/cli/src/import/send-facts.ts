import { createHash } from 'node:crypto';
import { type FactResult, importView } from '@tenure/contracts';
import { canonicalJson } from '@tenure/runtime';
import type { Client } from '../server/client.ts';
import { describeProblem } from '../server/problem-error.ts';
import { sendBatch } from '../server/send-batch.ts';
import type { Fact } from './group-to-fact.ts';
import type { InputRow } from './input-row.ts';
import type { ImportMap } from './map-schema.ts';
import { type Outcomes, outcomeOf } from './summary.ts';

export interface FactWithRows {
  readonly fact: Fact;
  readonly rows: readonly InputRow[];
}

export interface SendOptions {
  readonly client: Client;
  /** What a person calls the import. */
  readonly name: string;
  /** Names the session: the same again finds it again. */
  readonly fingerprint: string;
  readonly facts: Iterable<FactWithRows>;
  /** Told of each fact that the service did not take, and why. */
  readonly onRefused: (fact: FactWithRows, reason: string) => void;
  /** Told of how many rows the service has answered. */
  readonly onProgress: (rows: number) => void;
}

/** The same for the same file, map and source. */
export function importFingerprint(fileSha256: string, map: ImportMap, source: string): string {
  return createHash('sha256')
    .update(canonicalJson([fileSha256, map, source]))
    .digest('hex');
}

/**
 * Sends facts within an import session, and closes it unless the service could not take some.
 * @throws ProblemError, CommandFailedError: the session stays open, and doing it again goes on with it
 */
export async function sendFacts(options: SendOptions): Promise<{ session: string; outcomes: Outcomes }> {
  const { client, name, fingerprint, facts, onRefused, onProgress } = options;
  const session = importView.parse(await client.post('/v1/imports', { name, fingerprint })).id;
  const outcomes = { new: 0, repeated: 0, conflicts: 0, rejected: 0, failed: 0 };
  const unanswered = new Map<number, FactWithRows>();
  let rows = 0;

  function* bodies(): Generator<Fact> {
    let line = 0;
    for (const fact of facts) {
      line += 1;
      unanswered.set(line, fact);
      yield fact.fact;
    }
  }
  const onResult = (result: FactResult): void => {
    const fact = unanswered.get(result.line);
    if (fact === undefined) return;
    unanswered.delete(result.line);
    const outcome = outcomeOf(result.status);
    outcomes[outcome] += 1;
    rows += fact.rows.length;
    if ('error' in result && outcome !== 'failed') onRefused(fact, describeProblem(result.error) ?? 'was refused');
    onProgress(rows);
  };

  await sendBatch({ address: client.address, path: `/v1/facts/batch?session=${session}`, facts: bodies(), onResult });
  if (outcomes.failed === 0) await client.post(`/v1/imports/${session}/close`);
  return { session, outcomes };
}
