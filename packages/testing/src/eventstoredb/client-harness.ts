import { randomUUID } from 'node:crypto';
import {
  type Credentials,
  EventStoreDBClient,
  type JSONEventData,
  jsonEvent,
  type Position,
} from '@eventstore/db-client';
import { onTestFinished } from 'vitest';
import { type EventStoreDBServer, startEventStoreDB } from '../servers/index.ts';

/** The real server that the suite runs against, if one is named; else it starts the double. */
export const realServer: string | undefined = process.env.TENURE_EVENTSTOREDB_URL || undefined;

/** For `describe` of what only the double can do. */
export const onDoubleOnly = (what: string): string =>
  realServer === undefined ? what : `SKIPPED, because TENURE_EVENTSTOREDB_URL names a real server: ${what}`;

/** Both ways to append: the client takes Append, and not BatchAppend, once an append brings its own credentials. */
export const appendPaths: readonly (readonly [string, { readonly credentials?: Credentials }])[] = [
  ['BatchAppend', {}],
  ['Append', { credentials: credentialsIn(realServer) }],
];

/** A double for the test that runs. */
export async function doubleForTest(...options: Parameters<typeof startEventStoreDB>): Promise<EventStoreDBServer> {
  const server = await startEventStoreDB(...options);
  onTestFinished(() => server.stop());
  return server;
}

/** A client for the test that runs. */
export function connect(url: string): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(url);
  onTestFinished(() => client.dispose());
  return client;
}

export function newStream(category = 'suite'): string {
  return `${category}-${randomUUID()}`;
}

export function newEvent(n = 0, type = 'Counted'): JSONEventData {
  return jsonEvent({ id: randomUUID(), type, data: { n }, metadata: { by: 'suite' } });
}

export function newEvents(count: number, type?: string): JSONEventData[] {
  return Array.from({ length: count }, (_, n) => newEvent(n, type));
}

/** Position of the last event there is. */
export async function head(client: EventStoreDBClient): Promise<Position> {
  const [last] = await collect(client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 }));
  if (!last?.event) throw new Error('the log is empty');
  return last.event.position;
}

/** Reads to the end: a read that is left before may leave the client's `dispose` waiting for ever. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** The first events of a subscription, which is given up then. */
export async function take<T>(subscription: AsyncIterable<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  for await (const item of subscription) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}

/** `n` of the events that `newEvent` made. */
export function counted(events: readonly { event?: { data: unknown } | undefined }[]): unknown[] {
  return events.map(({ event }) => (event?.data as { n?: number } | undefined)?.n);
}

/** What an expected rejection was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => Promise.reject(new Error('it was expected to be rejected')),
    (error: unknown) => error,
  );
}

function credentialsIn(url: string | undefined): Credentials {
  const [, username = 'admin', password = 'changeit'] = url?.match(/\/\/([^:@/]+):([^@/]+)@/) ?? [];
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** Where the events of a stream are in the log. */
export async function positionsOf(client: EventStoreDBClient, stream: string): Promise<Position[]> {
  const events = await collect(client.readStream(stream));
  return events.flatMap(({ event }) => (event?.position ? [event.position] : []));
}
