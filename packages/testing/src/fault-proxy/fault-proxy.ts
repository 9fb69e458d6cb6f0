import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Faults, Link, type Target } from './link.ts';

export interface FaultProxyOptions {
  readonly target: Target;
  /** To listen on, on loopback; a free one if absent. */
  readonly port?: number;
}

export interface FaultProxyEvents {
  /** A client was accepted. */
  opened: [];
  /** The first bytes of an answer were dropped: the target has done, or begun, what it was asked. */
  answerDropped: [];
  /** A client's connection and the target's are both gone. */
  closed: [];
}

const HOST = '127.0.0.1';

/**
 * Stands before a server and passes TCP through, in order, no faster than it is taken, in bounded memory; and breaks it
 * as told. It knows no protocol. A target that cannot be reached shows as a connection that is reset.
 */
export class FaultProxy {
  readonly host = HOST;
  readonly port: number;
  /** What happens, for tests to wait for. */
  readonly events = new EventEmitter<FaultProxyEvents>();
  readonly #target: Target;
  readonly #faults: Faults = { delayMs: 0, isBlackHole: false, answersToDrop: 0 };
  readonly #links = new Set<Link>();
  #server: Server | undefined;

  private constructor(target: Target, port: number) {
    this.#target = target;
    this.port = port;
  }

  /** @throws {Error} of code EADDRINUSE if the port is taken */
  static async start({ target, port = 0 }: FaultProxyOptions): Promise<FaultProxy> {
    const server = await listen(port);
    const proxy = new FaultProxy(target, (server.address() as AddressInfo).port);
    proxy.#serve(server);
    return proxy;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#links.size;
  }

  /** Resets all connections, on both sides, now. New ones are let in as before. */
  cut(): void {
    for (const link of this.#links) link.cut();
  }

  /** Refuses new connections (ECONNREFUSED); those that are open stay so. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** Lets new connections in again. @throws {Error} of code EADDRINUSE if another has taken the port meanwhile */
  async accept(): Promise<void> {
    if (this.#server === undefined) this.#serve(await listen(this.port));
  }

  /** Holds every piece for `delayMs`, each way, what is on its way already as well. */
  delay(delayMs: number): void {
    this.#faults.delayMs = delayMs;
    this.#move();
  }

  /**
   * Ends one direction of all connections (FIN) as if that side had nothing more to say, behind what it has said; the
   * other direction goes on.
   */
  halfClose(side: 'client' | 'server' = 'server'): void {
    for (const link of this.#links) {
      if (side === 'client') link.endRequests();
      else link.endAnswers();
    }
  }

  /**
   * Lets requests through and drops the next `count` answers, over all connections; with the last of them, every
   * connection that has missed one is reset. An answer is what the target says, once the client has said something,
   * until the client speaks again; one that is half told counts. `Infinity` drops all until `cut` or `heal`, for
   * protocols that interleave, such as HTTP/2.
   */
  cutAnswers(count = 1): void {
    this.#faults.answersToDrop = count;
  }

  /** Takes connections in and holds everything, both ways: the target sees nothing until `heal`, the client neither. */
  blackhole(): void {
    this.#faults.isBlackHole = true;
    this.#move();
  }

  /**
   * Ends every fault: what was held goes on in order, connections that have missed an answer are reset, new ones are let
   * in. @throws {Error} of code EADDRINUSE if another has taken the port meanwhile
   */
  async heal(): Promise<void> {
    Object.assign(this.#faults, { delayMs: 0, isBlackHole: false, answersToDrop: 0 });
    this.#cutThoseThatMissed();
    this.#move();
    await this.accept();
  }

  /** Resets all connections and stops listening; resolves when all is closed. */
  async close(): Promise<void> {
    this.refuse();
    this.cut();
    while (this.#links.size > 0) await once(this.events, 'closed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #serve(server: Server): void {
    this.#server = server;
    server.on('connection', (client: Socket) => {
      const link = new Link({
        client,
        target: this.#target,
        faults: this.#faults,
        onAnswerDropped: () => {
          this.events.emit('answerDropped');
          if (this.#faults.answersToDrop === 0) this.#cutThoseThatMissed();
        },
        onClosed: () => {
          this.#links.delete(link);
          this.events.emit('closed');
        },
      });
      this.#links.add(link);
      link.move();
      this.events.emit('opened');
    });
  }

  #move(): void {
    for (const link of this.#links) link.move();
  }

  #cutThoseThatMissed(): void {
    for (const link of this.#links) if (link.hasLost) link.cut();
  }
}

/** A proxy on loopback before `target`. */
export function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  return FaultProxy.start(options);
}

async function listen(port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(port, HOST);
  await once(server, 'listening');
  return server;
}
