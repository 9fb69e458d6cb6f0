import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** The next request, as it goes over the wire. */
  readonly next: () => string;
  readonly status: number;
}

const END_OF_HEAD = '\r\n\r\n';

/**
 * Keeps connections busy for some seconds, each with one request after the other. It only counts, so that the machine
 * is left to what is measured: a client that parses all of HTTP takes as much as a bare server does.
 * @returns requests a second
 * @throws {Error} when something else is answered
 */
export async function load({ url, connections, seconds, next, status }: LoadOptions): Promise<number> {
  const { hostname, port } = new URL(url);
  const wanted = `HTTP/1.1 ${status} `;
  let answers = 0;
  const start = performance.now();
  const until = start + seconds * 1_000;

  const keepBusy = async (socket: Socket): Promise<void> => {
    await once(socket, 'connect');
    await new Promise<void>((resolve, reject) => {
      let answer = '';
      socket.on('data', (bytes) => {
        answer += bytes.toString('latin1');
        if (!isWhole(answer)) return;
        if (!answer.startsWith(wanted)) reject(new Error(`not ${status}: ${answer}`));
        answers++;
        answer = '';
        if (performance.now() < until) socket.write(next());
        else resolve();
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection was closed')));
      socket.write(next());
    });
    socket.removeAllListeners('close');
    socket.destroy();
  };

  const sockets = Array.from({ length: connections }, () => connect(Number(port), hostname).setNoDelay());
  try {
    await Promise.all(sockets.map(keepBusy));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  return answers / ((performance.now() - start) / 1_000);
}

/** Whether all of an answer has come. @throws {Error} for one that does not say how long it is */
export function isWhole(answer: string): boolean {
  const head = answer.indexOf(END_OF_HEAD);
  if (head === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${answer}`);
  return answer.length - head - END_OF_HEAD.length >= Number(length);
}

export function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
}

export function post(path: string, body: string): string {
  const length = Buffer.byteLength(body);
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`;
}
