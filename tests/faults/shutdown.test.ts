import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { FactLine } from '@tenure/contracts';
import { expect, it } from 'vitest';
import { purchase } from '../support/facts.ts';
import { expectWhole } from '../support/log-checks.ts';
import { startProcess } from '../support/process.ts';
import { type Acknowledged, nameOf } from '../support/publisher.ts';
import { until } from '../support/running.ts';
import { openStored } from '../support/stored.ts';

const graceMs = 10_000;
const fact = (orderId: string): FactLine => purchase(orderId, `K-${orderId}`, '2026-01-01T10:00:00Z');

it('I15: SIGTERM under load loses no accepted request, single or in an open batch, and exits 0 within its grace', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-shutdown-'));
  const running = startProcess({ directory, env: { TENURE_GRACE_MS: String(graceMs) } });
  try {
    const url = await running.url;
    const batch = new OpenBatch(url);
    for (let n = 0; n < 300; n++) batch.send(`batch-${n}`);
    await batch.answered(300);
    // Their heads have been read, and half of their bodies: the rest comes when the process is to end.
    const halves = await Promise.all(Array.from({ length: 20 }, (_, n) => HalfSent.open(url, `half-${n}`)));
    const loaded: Acknowledged[] = [];
    const load = Array.from({ length: 8 }, (_, n) => publishUntilRefused(url, n, loaded));
    await until(() => loaded.length > 200);

    for (let n = 300; n < 3_000; n++) batch.send(`batch-${n}`);
    running.signal('SIGTERM');
    const toldAt = performance.now();
    await running.logged('shutting down');
    const finished = await Promise.all(halves.map((half) => half.finish()));
    const answered = await batch.ended();
    expect(await running.exited).toBe(0);
    expect(performance.now() - toldAt).toBeLessThan(graceMs);
    expect(finished.map(({ status }) => status)).toEqual(finished.map(() => 202));
    expect(answered.length).toBeGreaterThanOrEqual(300);

    await Promise.all(load);
    const acknowledged = [...finished, ...answered, ...loaded];
    const stored = await openStored(directory);
    expectWhole(stored.events, acknowledged);
    // Nor is anything done whose publisher was left without an answer.
    const recorded = stored.events.filter(({ type }) => type === 'PurchaseRecorded').length;
    await stored.close();
    expect(recorded).toBe(acknowledged.length);
  } finally {
    await running.kill();
    rmSync(directory, { recursive: true });
  }
}, 60_000);

/** A batch whose lines are sent, and answered, while it is open. */
class OpenBatch {
  readonly #request: ClientRequest;
  readonly #sent: FactLine[] = [];
  readonly #acknowledged: Acknowledged[] = [];
  readonly #ended: Promise<unknown>;
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  constructor(url: string) {
    const headers = { 'content-type': 'application/x-ndjson' };
    this.#request = request(`${url}/v1/facts/batch`, { method: 'POST', headers });
    // What comes too late cannot be written any more.
    this.#request.on('error', () => undefined);
    this.#ended = once(this.#request, 'response').then(([response]: IncomingMessage[]) => this.#read(response));
  }

  send(orderId: string): void {
    const line = fact(orderId);
    this.#sent.push(line);
    this.#request.write(`${JSON.stringify(line)}\n`);
  }

  async answered(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { count, resolve };
    await promise;
  }

  /** All acknowledged lines, once the answer has come to its end. Rejects when it was cut off. */
  async ended(): Promise<readonly Acknowledged[]> {
    await this.#ended;
    this.#request.destroy();
    return this.#acknowledged;
  }

  async #read(response: IncomingMessage | undefined): Promise<void> {
    if (response === undefined) throw new Error('no answer');
    for await (const text of createInterface({ input: response })) {
      const { line, id, position, status } = JSON.parse(text) as Acknowledged & { line: number };
      const sent = this.#sent[line - 1];
      expect(status).toBe(202);
      if (sent !== undefined) this.#acknowledged.push({ name: nameOf(sent), id, position, status });
      if (this.#acknowledged.length >= (this.#waiting?.count ?? Number.POSITIVE_INFINITY)) this.#waiting?.resolve();
    }
    if (!response.complete) throw new Error('the answer was cut off');
  }
}

/** A purchase of which the server has the head, and waits for the rest. */
class HalfSent {
  readonly #request: ClientRequest;
  readonly #rest: string;
  readonly #name: string;

  private constructor(sent: ClientRequest, rest: string, name: string) {
    this.#request = sent;
    this.#rest = rest;
    this.#name = name;
  }

  static async open(url: string, orderId: string): Promise<HalfSent> {
    const { type: _type, ...body } = fact(orderId);
    const text = JSON.stringify(body);
    const half = Math.floor(text.length / 2);
    const headers = { 'content-type': 'application/json', 'content-length': text.length, expect: '100-continue' };
    const sent = request(`${url}/v1/purchases`, { method: 'POST', headers });
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.write(text.slice(0, half));
    return new HalfSent(sent, text.slice(half), nameOf(fact(orderId)));
  }

  async finish(): Promise<Acknowledged> {
    this.#request.end(this.#rest);
    const [response] = (await once(this.#request, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    return { ...(JSON.parse(text) as Acknowledged), status: response.statusCode ?? 0, name: this.#name };
  }
}

/** One purchase after another until the process takes no more. */
async function publishUntilRefused(url: string, publisher: number, acknowledged: Acknowledged[]): Promise<void> {
  for (let n = 0; ; n++) {
    const { type: _type, ...body } = fact(`load-${publisher}-${n}`);
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${url}/v1/purchases`, init).catch(() => undefined);
    if (response?.status !== 202) return;
    const { id, position } = (await response.json()) as Acknowledged;
    acknowledged.push({ name: nameOf(fact(`load-${publisher}-${n}`)), id, position, status: 202 });
  }
}
