import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface SendOptions {
  readonly url: string;
  readonly chunks: Iterable<Buffer>;
  /** Bytes a second at most; as fast as they are taken without. */
  readonly bytesPerSecond?: number;
}

export interface Sent {
  readonly answers: number;
  readonly ms: number;
}

/**
 * Sends a batch from bytes that are there already, and waits for the answer to every line.
 * @throws {Error} when a line is not accepted
 */
export async function sendLines({ url, chunks, bytesPerSecond }: SendOptions): Promise<Sent> {
  const start = performance.now();
  const sending = request(new URL('/v1/facts/batch', url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const answers = countAnswers(sending);
  let sentBytes = 0;
  for (const chunk of chunks) {
    if (bytesPerSecond !== undefined) {
      const early = start + (sentBytes / bytesPerSecond) * 1_000 - performance.now();
      if (early > 1) await delay(early);
    }
    sentBytes += chunk.length;
    if (!sending.write(chunk)) await Promise.race([once(sending, 'drain'), answers]);
  }
  sending.end();
  return { answers: await answers, ms: performance.now() - start };
}

const ACCEPTED = '"status":202,';

async function countAnswers(sending: NodeJS.EventEmitter): Promise<number> {
  const [response] = (await once(sending, 'response')) as [IncomingMessage];
  response.setEncoding('latin1');
  let count = 0;
  let rest = '';
  for await (const chunk of response) {
    rest += chunk as string;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (!line.includes(ACCEPTED)) throw new Error(`not accepted: ${line}`);
    count += lines.length;
  }
  if (response.statusCode !== 200) throw new Error(`the batch was answered ${response.statusCode}: ${rest}`);
  return count;
}
