import { connect, type Socket } from 'node:net';
import { isWhole } from './load.ts';

export interface OverloadOptions {
  readonly url: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** Clients at the most; each waits for its answer. */
  readonly connections: number;
  /** The next request, as it goes over the wire. */
  readonly next: () => string;
}

export interface OverloadOutcome {
  /** Of each request that was answered with success: ms from when it was sent to its answer. */
  readonly accepted: readonly number[];
  /** Answered 503 with Retry-After. */
  readonly refused: number;
  /** Requests a second that went out. */
  readonly sentPerSecond: number;
}

/** What is not answered so long after the end is not waited for. */
const PATIENCE_MS = 15_000;

interface Line {
  readonly socket: Socket;
  sentAt: number;
  answer: string;
}

/**
 * Sends requests at a steady rate, whether or not those before are answered, as many clients that know nothing of each
 * other do.
 * @throws {Error} when something else than a success or a 503 with Retry-After is answered, or a connection is lost
 */
export async function overload({
  url,
  perSecond,
  seconds,
  connections,
  next,
}: OverloadOptions): Promise<OverloadOutcome> {
  const { hostname, port } = new URL(url);
  const accepted: number[] = [];
  let refused = 0;
  let answered = 0;
  let sent = 0;
  let failure: Error | undefined;
  const idle: Line[] = [];
  const lines: Line[] = [];

  const send = (line: Line): void => {
    line.sentAt = performance.now();
    line.answer = '';
    sent++;
    line.socket.write(next());
  };
  const take = (line: Line): void => {
    const status = Number(line.answer.slice(9, 12));
    answered++;
    if (status >= 200 && status < 300) accepted.push(performance.now() - line.sentAt);
    else if (status === 503 && /\r\nretry-after: /i.test(line.answer)) refused++;
    else failure ??= new Error(`answered: ${line.answer}`);
    idle.push(line);
  };
  const open = (): void => {
    const line: Line = { socket: connect(Number(port), hostname).setNoDelay(), sentAt: 0, answer: '' };
    lines.push(line);
    line.socket.once('connect', () => send(line));
    line.socket.on('data', (bytes) => {
      line.answer += bytes.toString('latin1');
      if (isWhole(line.answer)) take(line);
    });
    line.socket.on('error', (error) => {
      failure ??= error;
    });
  };

  const start = performance.now();
  const end = start + seconds * 1_000;
  let made = 0;
  while (performance.now() < end && failure === undefined) {
    const until = Math.floor(((performance.now() - start) / 1_000) * perSecond);
    // What is due while all clients wait for an answer goes unsent: a client that waits asks for nothing else.
    for (; made < until; made++) {
      const line = idle.pop();
      if (line !== undefined) send(line);
      else if (lines.length < connections) open();
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const sentPerSecond = sent / ((performance.now() - start) / 1_000);
  while (answered < sent && failure === undefined && performance.now() < end + PATIENCE_MS)
    await new Promise((resolve) => setTimeout(resolve, 5));
  for (const { socket } of lines) socket.destroy();
  if (failure !== undefined) throw failure;
  if (answered < sent) throw new Error(`${sent - answered} requests were not answered`);
  return { accepted, refused, sentPerSecond };
}
