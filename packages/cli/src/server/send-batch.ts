import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type FactResult, factResult } from '@tenure/contracts';
import { CommandFailedError, UsageError } from '../errors.ts';
import { authorization, type ServerAddress, unreachable } from './client.ts';
import { ProblemError, readJson } from './problem-error.ts';

const chunkCharacters = 64 * 1024;

export interface BatchOptions {
  readonly address: ServerAddress;
  readonly path: string;
  /** Bodies of facts with their type; taken as fast as the server reads. */
  readonly facts: Iterable<unknown>;
  /** Called for each answer, in the order of the facts. */
  readonly onResult: (result: FactResult) => void;
}

/**
 * Sends facts as NDJSON in one request and reads the answers while it still sends.
 * @throws ProblemError when the request as a whole is refused, CommandFailedError when the connection ends early
 */
export async function sendBatch({ address, path, facts, onResult }: BatchOptions): Promise<void> {
  const url = new URL(address.url + path);
  const type = 'application/x-ndjson';
  const headers = { 'content-type': type, accept: type, ...authorization(address) };
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { method: 'POST', headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
  });
  let sent = 0;
  const chunks = function* () {
    let chunk = '';
    for (const fact of facts) {
      sent += 1;
      chunk += `${JSON.stringify(fact)}\n`;
      if (chunk.length < chunkCharacters) continue;
      yield chunk;
      chunk = '';
    }
    if (chunk !== '') yield chunk;
  };
  const giveUp = (error: unknown): never => {
    request.destroy();
    throw error;
  };
  const [reading, sending] = await Promise.allSettled([
    readResults(answered, onResult).catch(giveUp),
    pipeline(Readable.from(chunks(), { highWaterMark: 4 }), request).catch(giveUp),
  ]);
  // When one of the two fails so does the other: what was told by somebody says more than a broken connection.
  const failures = [reading, sending].flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const [failure] = [...failures.filter(isTold), ...failures];
  if (failure !== undefined) throw isTold(failure) ? failure : unreachable(address, failure);
  if (reading.status === 'fulfilled' && reading.value !== sent) {
    throw new CommandFailedError(`${sent} facts were sent, but ${reading.value} answers came.`);
  }
}

function isTold(error: unknown): boolean {
  return error instanceof ProblemError || error instanceof CommandFailedError || error instanceof UsageError;
}

/** @returns how many answers came */
async function readResults(answered: Promise<IncomingMessage>, onResult: BatchOptions['onResult']): Promise<number> {
  const response = await answered;
  response.setEncoding('utf8');
  let rest = '';
  let count = 0;
  const ok = response.statusCode === 200;
  for await (const chunk of response) {
    rest += chunk;
    if (!ok) continue;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      onResult(readResult(line));
      count += 1;
    }
  }
  if (!ok) throw new ProblemError(response.statusCode ?? 0, readJson(rest));
  if (rest.trim() === '') return count;
  onResult(readResult(rest));
  return count + 1;
}

function readResult(line: string): FactResult {
  const parsed = factResult.safeParse(readJson(line));
  if (parsed.success) return parsed.data;
  throw new CommandFailedError(`The server's answer to a fact cannot be read: ${line.slice(0, 200)}`);
}
