import type { FactLine } from '@tenure/contracts';
import { createIds, idOfStream } from '@tenure/runtime';
import { actionPath, type SimulatedFact } from '@tenure/testing';
import { idKey } from './id-key.ts';

/** A write that was answered as durable. */
export interface Acknowledged {
  /** What its publisher calls it. */
  readonly name: string;
  /** What the product calls it: the hash in its stream's name. */
  readonly id: string;
  readonly position: string;
  readonly status: number;
}

const ids = createIds(Buffer.from(idKey, 'hex'));

/**
 * A publisher that gives up nothing: it sends in order, notes what was answered, and after a lost connection goes on with
 * what was not, and some of what was.
 */
export class Publisher {
  readonly #sends: readonly SimulatedFact[];
  readonly acknowledged: Acknowledged[] = [];
  /** Actions that came too late: time had moved on what they are about. */
  refused = 0;
  #next = 0;

  constructor(sends: readonly SimulatedFact[]) {
    this.#sends = sends;
  }

  get left(): number {
    return this.#sends.length - this.#next;
  }

  /** Sends some again that were answered, as a publisher in doubt does. */
  stepBack(count: number): void {
    this.#next = Math.max(0, this.#next - count);
  }

  /** Sends facts in one batch. Rejects when the connection breaks; what was answered until then is noted. */
  async sendBatch(url: string, most: number, query = ''): Promise<void> {
    const lines = this.#sends.slice(this.#next, this.#next + most).map(lineOf);
    const response = await fetch(`${url}/v1/facts/batch${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    });
    if (response.status !== 200 || response.body === null) throw new Error(`the batch got ${response.status}`);
    let text = '';
    let answered = 0;
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const complete = (text + chunk).split('\n');
      text = complete.pop() ?? '';
      for (const one of complete) {
        const { status, id, position } = JSON.parse(one) as Acknowledged;
        const line = lines[answered++];
        if (line === undefined || (status !== 202 && status !== 200)) throw new Error(`unexpected answer: ${one}`);
        this.#next++;
        this.acknowledged.push({ name: nameOf(line), id, position, status });
      }
    }
    if (answered !== lines.length) throw new Error(`${answered} of ${lines.length} lines were answered`);
  }

  /** Sends the next one in a request of its own. Rejects when the connection breaks. */
  async sendOne(url: string): Promise<void> {
    const send = this.#sends[this.#next];
    if (send === undefined) throw new RangeError('everything has been sent');
    const { path, body, name } = requestOf(send, this.#next);
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `n${this.#next}` },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Acknowledged;
    if (send.kind === 'action' && response.status >= 400 && response.status < 500) {
      this.refused++;
    } else if (response.status === 202 || response.status === 200) {
      this.acknowledged.push({ name, id: answer.id, position: answer.position, status: response.status });
    } else {
      throw new Error(`${path} got ${response.status}: ${JSON.stringify(answer)}`);
    }
    this.#next++;
  }
}

function lineOf(send: SimulatedFact): FactLine {
  if (send.kind !== 'fact') throw new TypeError('only facts travel in batches');
  return send.line;
}

const paths: Readonly<Record<FactLine['type'], string>> = {
  purchase: '/v1/purchases',
  refund: '/v1/refunds',
  contact: '/v1/contacts',
  'follow-up': '/v1/follow-ups',
  survey: '/v1/surveys',
  'survey-response': '/v1/survey-responses',
  complaint: '/v1/complaints',
};

function requestOf(
  send: SimulatedFact,
  index: number,
): { readonly path: string; readonly body: object; readonly name: string } {
  if (send.kind === 'registration') {
    const { source, key } = send.body.customer;
    return { path: '/v1/customers', body: send.body, name: `customer ${source} ${key}` };
  }
  if (send.kind === 'action') {
    const { of, source, id, action, body } = send;
    return { path: actionPath(send, entityId(of, source, id)), body, name: `${of} ${source} ${id} ${action} ${index}` };
  }
  const { type, ...body } = send.line;
  return { path: paths[type], body, name: nameOf(send.line) };
}

function entityId(of: 'purchase' | 'customer' | 'follow-up' | 'complaint', source: string, id: string): string {
  if (of === 'customer') return ids.customerId(source, id);
  return idOfStream(of === 'complaint' ? ids.complaintStream(source, id) : ids.followUpStream(source, id));
}

/** The name of a fact, by its publisher's words. */
export function nameOf(line: FactLine): string {
  switch (line.type) {
    case 'purchase':
      return `purchase ${line.source} ${line.orderId}`;
    case 'refund':
      return `refund ${line.source} ${line.refundId}`;
    case 'contact':
      return `contact ${line.source} ${line.contactId}`;
    case 'follow-up':
      return `follow-up ${line.source} ${line.followUpId}`;
    case 'survey':
    case 'survey-response':
      return `${line.type} ${line.source} ${line.invitationId}`;
    case 'complaint':
      return `complaint ${line.source} ${line.complaintId}`;
    default:
      return line satisfies never;
  }
}
