import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer as createHttpServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FaultProxy, startFaultProxy } from './index.ts';

describe('a fault proxy', () => {
  it('passes a long conversation on, both ways, as it was said, while delays come and go', async () => {
    const { proxy } = await proxied(echo);
    const client = await open(proxy);
    const sent = randomBytes(16 * 1024 * 1024);
    const hash = createHash('sha256');
    let heardBytes = 0;
    client.on('data', (bytes: Buffer) => {
      hash.update(bytes);
      heardBytes += bytes.length;
      if (heardBytes % 7 === 0) proxy.delay(heardBytes % 3);
    });
    client.end(sent);
    await once(client, 'end');
    expect(heardBytes).toBe(sent.length);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
  });

  it('passes HTTP on, one connection for several requests', async () => {
    const { proxy, asked } = await httpProxied();
    const agent = agentOf();
    expect(await post(proxy, 'one', agent)).toBe('heard one');
    expect(await post(proxy, 'two', agent)).toBe('heard two');
    expect(asked).toEqual(['one', 'two']);
    expect(proxy.connections).toBe(1);
  });

  it('passes an end on and lets the other direction go on', async () => {
    const { proxy, accepted } = await proxied();
    const client = await open(proxy);
    const served = await accepted();
    client.end('that is all');
    expect(await text(served)).toBe('that is all');
    served.end('heard');
    expect(await text(client)).toBe('heard');
    await closed(proxy);
  });

  it('resets both sides of every connection when cut, and lets new ones in', async () => {
    const { proxy, accepted } = await proxied();
    const client = await open(proxy);
    const served = await accepted();
    const ends = Promise.all([failure(client), failure(served)]);
    proxy.cut();
    expect(await ends).toEqual(['ECONNRESET', 'ECONNRESET']);

    await open(proxy);
    await accepted();
  });

  it('passes a reset on, from either side', async () => {
    const { proxy, accepted } = await proxied();
    const first = await open(proxy);
    const served = await accepted();
    const servedEnd = failure(served);
    first.resetAndDestroy();
    expect(await servedEnd).toBe('ECONNRESET');

    const second = await open(proxy);
    const secondEnd = failure(second);
    (await accepted()).resetAndDestroy();
    expect(await secondEnd).toBe('ECONNRESET');
  });

  it('refuses new connections until it accepts again, and keeps those it has', async () => {
    const { proxy } = await proxied(echo);
    const before = await open(proxy);
    proxy.refuse();
    expect(await failure(connect(proxy))).toBe('ECONNREFUSED');
    expect(await said(before, 'still there')).toBe('still there');
    await proxy.accept();
    expect(await said(await open(proxy), 'again')).toBe('again');
  });

  it('delays each way', async () => {
    const { proxy } = await proxied(echo);
    const client = await open(proxy);
    proxy.delay(40);
    const startedMs = performance.now();
    expect(await said(client, 'there and back')).toBe('there and back');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(80);
  });

  it('lets go at once of what a delay held when it heals', async () => {
    const { proxy, asked, direct } = await httpProxied();
    proxy.delay(3_600_000);
    const answer = post(proxy, 'held');
    // Time enough for it, had it been let through.
    for (let turn = 0; turn < 20; turn += 1) await post(direct, 'beside it');
    expect(new Set(asked)).toEqual(new Set(['beside it']));
    await proxy.heal();
    expect(await answer).toBe('heard held');
  });

  it('ends what the server says and still passes what the client does', async () => {
    const { proxy, accepted } = await proxied();
    const client = await open(proxy);
    const served = await accepted();
    proxy.halfClose();
    expect(await text(client)).toBe('');
    served.write('not heard any more');
    client.end('and yet it moves');
    expect(await text(served)).toBe('and yet it moves');
  });

  it('ends what the client says and still passes what the server does', async () => {
    const { proxy, accepted } = await proxied();
    const client = await open(proxy);
    const served = await accepted();
    client.write('before');
    await once(served, 'readable');
    proxy.halfClose('client');
    client.write('after');
    expect(await text(served)).toBe('before');
    served.end('heard');
    expect(await text(client)).toBe('heard');
  });

  it('cuts an answer whose request was done', async () => {
    const { proxy, asked } = await httpProxied();
    const agent = agentOf();
    expect(await post(proxy, 'one', agent)).toBe('heard one');
    proxy.cutAnswers();
    await expect(post(proxy, 'two', agent)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await post(proxy, 'two', agent)).toBe('heard two');
    expect(asked).toEqual(['one', 'two', 'two']);
  });

  it('keeps back as many answers as it is told, and cuts with the last', async () => {
    const { proxy, asked } = await httpProxied();
    proxy.cutAnswers(2);
    const first = failureOf(post(proxy, 'one'));
    await once(proxy.events, 'answerDropped');
    // The first client is still waiting.
    expect(proxy.connections).toBe(1);
    const second = failureOf(post(proxy, 'two'));
    expect(await Promise.all([first, second])).toEqual(['ECONNRESET', 'ECONNRESET']);
    expect(asked).toEqual(['one', 'two']);
    expect(await post(proxy, 'three')).toBe('heard three');
  });

  it('counts answers on one connection by whose turn it is', async () => {
    const { proxy, accepted } = await proxied();
    const client = await open(proxy);
    const served = await accepted();
    proxy.cutAnswers(2);
    const end = failure(client);
    served.write('a greeting, which answers nothing');
    await once(client, 'data');
    for (const [index, question] of ['one', 'two'].entries()) {
      client.write(question);
      await once(served, 'data');
      const dropped = once(proxy.events, 'answerDropped');
      served.write(`answer ${index}`);
      await dropped;
    }
    expect(await end).toBe('ECONNRESET');
    expect(client.bytesRead).toBe('a greeting, which answers nothing'.length);
  });

  it('cuts an answer that is half told', async () => {
    const { proxy, accepted } = await proxied();
    const client = await open(proxy);
    const served = await accepted();
    client.write('a question');
    await once(served, 'data');
    served.write('half ');
    await once(client, 'data');
    proxy.cutAnswers();
    const end = failure(client);
    served.write('told');
    expect(await end).toBe('ECONNRESET');
    expect(client.bytesRead).toBe('half '.length);
  });

  it('drops all answers until it heals, then cuts those who missed one', async () => {
    const { proxy, asked } = await httpProxied();
    proxy.cutAnswers(Number.POSITIVE_INFINITY);
    const lost: Promise<unknown>[] = [];
    for (const word of ['one', 'two', 'three']) {
      const dropped = once(proxy.events, 'answerDropped');
      lost.push(failureOf(post(proxy, word)));
      await dropped;
    }
    expect(proxy.connections).toBe(3);
    await proxy.heal();
    expect(await Promise.all(lost)).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
    expect(asked).toEqual(['one', 'two', 'three']);
    expect(await post(proxy, 'four')).toBe('heard four');
  });

  it('takes connections into a black hole and passes nothing on until it heals', async () => {
    const { proxy, asked, direct } = await httpProxied();
    const agent = agentOf();
    expect(await post(proxy, 'before', agent)).toBe('heard before');
    proxy.blackhole();
    const opened = once(proxy.events, 'opened');
    const held = post(proxy, 'on a new connection');
    const kept = post(proxy, 'on an old connection', agent);
    await opened;
    // Time enough for both, had they been let through.
    for (let turn = 0; turn < 20; turn += 1) await post(direct, 'beside it');
    expect(new Set(asked)).toEqual(new Set(['before', 'beside it']));
    await proxy.heal();
    expect(await Promise.all([held, kept])).toEqual(['heard on a new connection', 'heard on an old connection']);
  });

  it('resets a client whose target is away', async () => {
    const { proxy, server } = await proxied();
    server.close();
    await once(server, 'close');
    expect(await failure(connect(proxy))).toBe('ECONNRESET');
    await closed(proxy);
  });

  it('closes: connections are reset, also held ones, and the port is free', async () => {
    const { proxy } = await proxied();
    const client = await open(proxy);
    proxy.blackhole();
    const ends = Promise.all([failure(client), failure(await open(proxy))]);
    await proxy.close();
    expect(await ends).toEqual(['ECONNRESET', 'ECONNRESET']);
    expect(proxy.connections).toBe(0);
    const next = await startFaultProxy({ target: proxy, port: proxy.port });
    await next.close();
  });

  it('says so when its port is taken', async () => {
    const { proxy } = await proxied();
    await expect(startFaultProxy({ target: proxy, port: proxy.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

interface Proxied {
  readonly proxy: FaultProxy;
  readonly server: Server;
  /** The next connection that the server has got. */
  accepted(): Promise<Socket>;
}

async function before(server: Server): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port } });
  onTestFinished(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return proxy;
}

/** A proxy before a server of plain sockets. */
async function proxied(serve?: (socket: Socket) => void): Promise<Proxied> {
  const waiting: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    if (serve === undefined) waiting.push(socket);
    else serve(socket);
    server.emit('accepted');
  });
  const proxy = await before(server);
  const accepted = async (): Promise<Socket> => {
    for (;;) {
      const socket = waiting.shift();
      if (socket !== undefined) return socket;
      await once(server, 'accepted');
    }
  };
  return { proxy, server, accepted };
}

function echo(socket: Socket): void {
  socket.pipe(socket);
}

/** A proxy before an HTTP server that keeps what it was asked. */
async function httpProxied(): Promise<{ proxy: FaultProxy; asked: string[]; direct: { port: number } }> {
  const asked: string[] = [];
  const server = createHttpServer((message, response) => {
    text(message).then(
      (body) => {
        asked.push(body);
        response.end(`heard ${body}`);
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  const proxy = await before(server);
  return { proxy, asked, direct: { port: (server.address() as AddressInfo).port } };
}

function agentOf(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return agent;
}

async function post({ port }: { port: number }, body: string, agent?: Agent): Promise<string> {
  const asking = request({ host: '127.0.0.1', port, method: 'POST', agent });
  asking.end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return text(answer);
}

async function open(proxy: FaultProxy): Promise<Socket> {
  const socket = connect({ host: proxy.host, port: proxy.port, allowHalfOpen: true });
  // Before the proxy is closed, which resets what is left.
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** What comes back for some words. */
async function said(socket: Socket, words: string): Promise<string> {
  socket.write(words);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return String(answer);
}

/** The code of the error that ends a socket. */
async function failure(socket: Socket): Promise<unknown> {
  // Only one that reads sees that it was reset.
  socket.resume();
  return new Promise((resolve) => {
    socket.on('error', (error) => resolve('code' in error ? error.code : error));
    socket.on('close', (hadError) => hadError || resolve('no error'));
  });
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
}

async function closed(proxy: FaultProxy): Promise<void> {
  while (proxy.connections > 0) await once(proxy.events, 'closed');
}
