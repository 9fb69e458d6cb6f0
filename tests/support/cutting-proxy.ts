import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

/** When a connection is cut: once the server has answered, or as soon as it has been sent the request. */
export type Cut = 'answer' | 'request';

/** A proxy whose clients never hear the answer: the server's work is done, or begun, and then the connection breaks. */
export class CuttingProxy {
  readonly #server: Server;
  cut: Cut = 'answer';
  /** Bodies of the answers that were kept from the clients. */
  readonly swallowed: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async before(url: string): Promise<CuttingProxy> {
    const { hostname, port } = new URL(url);
    const server = createServer((client) => {
      const upstream = connect(Number(port), hostname);
      let answer = '';
      client.on('data', (chunk) => {
        upstream.write(chunk);
        if (proxy.cut === 'request') client.destroy();
      });
      upstream.setEncoding('utf8').on('data', (chunk: string) => {
        answer += chunk;
      });
      upstream.on('end', () => {
        proxy.swallowed.push(answer.slice(answer.indexOf('\r\n\r\n') + 4));
        client.destroy();
        upstream.destroy();
      });
      // The client has gone first: the server sees that too, or is done already.
      client.on('close', () => void (proxy.cut === 'request' && upstream.end()));
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
    });
    const proxy = new CuttingProxy(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}
