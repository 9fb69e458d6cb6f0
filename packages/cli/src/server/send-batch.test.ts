import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { FactResult } from '@tenure/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { CommandFailedError } from '../errors.ts';
import { ProblemError } from './problem-error.ts';
import { sendBatch } from './send-batch.ts';

let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void) {
  server = createServer((request, response) => {
    void Promise.resolve(answer(request, response)).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: 'k' };
}

const id = '0'.repeat(32);
const accepted = (line: number): FactResult => ({ line, status: 202, id, customerId: null, position: '1' });

/** Counts how many facts were asked for. */
function* numbers(count: number, taken: { count: number }, padding = '') {
  for (let n = 1; n <= count; n++) {
    taken.count = n;
    yield { n, padding };
  }
}

describe('a batch', () => {
  it('gets its answers, in order, while it is still being sent', async () => {
    const taken = { count: 0 };
    let takenAtFirstAnswer = 0;
    const seen: unknown[] = [];
    const address = await serve(async (request, response) => {
      seen.push(request.method, request.url, request.headers['content-type'], request.headers.authorization);
      let line = 0;
      for await (const text of createInterface({ input: request })) {
        expect(JSON.parse(text)).toMatchObject({ n: ++line });
        response.write(`${JSON.stringify(accepted(line))}\n`);
      }
      response.end();
    });
    const lines: number[] = [];
    const facts = numbers(20_000, taken, 'x'.repeat(200));
    const onResult = (result: FactResult) => {
      takenAtFirstAnswer ||= taken.count;
      lines.push(result.line);
    };
    await sendBatch({ address, path: '/v1/facts/batch?session=1', facts, onResult });
    expect(seen).toEqual(['POST', '/v1/facts/batch?session=1', 'application/x-ndjson', 'Bearer k']);
    expect(lines).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
    expect(takenAtFirstAnswer).toBeLessThan(20_000);
  });

  it('that is refused as a whole says why', async () => {
    const problem = {
      type: 'urn:tenure:problem:not-found',
      title: 'There is nothing here',
      status: 404,
      detail: 'No import',
    };
    const address = await serve((_request, response) => {
      response.writeHead(404, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    const sent = sendBatch({ address, path: '/', facts: numbers(1_000_000, { count: 0 }), onResult: () => undefined });
    await expect(sent).rejects.toThrow(new ProblemError(404, problem));
    await expect(sent).rejects.toThrow('There is nothing here: No import');
  });

  it('is taken from its source no faster than it is read, and ends when the connection does', async () => {
    const taken = { count: 0 };
    const address = await serve(async (request, response) => {
      let bytes = 0;
      for await (const chunk of request) {
        bytes += chunk.length;
        if (bytes > 1_000_000) break;
      }
      response.destroy();
    });
    const facts = numbers(1_000_000, taken, 'x'.repeat(1000));
    const sent = sendBatch({ address, path: '/', facts, onResult: () => undefined });
    await expect(sent).rejects.toThrow(CommandFailedError);
    expect(taken.count).toBeGreaterThan(900);
    expect(taken.count).toBeLessThan(50_000);
  });

  it('with too few answers, or unreadable ones, has failed', async () => {
    const answers = [accepted(1)].map((answer) => `${JSON.stringify(answer)}\n`).join('');
    const address = await serve(async (request, response) => {
      request.resume();
      await once(request, 'end');
      response.end(request.url === '/short' ? answers : 'what?\n');
    });
    const send = (path: string) =>
      sendBatch({ address, path, facts: numbers(2, { count: 0 }), onResult: () => undefined });
    await expect(send('/short')).rejects.toThrow('2 facts were sent, but 1 answers came.');
    await expect(send('/odd')).rejects.toThrow("The server's answer to a fact cannot be read: what?");
  });

  it('whose source fails tells what the source says', async () => {
    const address = await serve((request) => void request.resume());
    const facts = function* () {
      yield { n: 1 };
      throw new CommandFailedError('no room for parked rows');
    };
    const sent = sendBatch({ address, path: '/', facts: facts(), onResult: () => undefined });
    await expect(sent).rejects.toThrow('no room for parked rows');
  });

  it('to nobody says who does not answer', async () => {
    const address = await serve(() => undefined);
    server.close();
    await once(server, 'close');
    const sent = sendBatch({ address, path: '/', facts: numbers(1, { count: 0 }), onResult: () => undefined });
    await expect(sent).rejects.toThrow(`${address.url} does not answer: connect ECONNREFUSED`);
    server.listen(0);
    await once(server, 'listening');
  });
});
