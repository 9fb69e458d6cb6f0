import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteEventStore } from '@tenure/event-store/sqlite';
import {
  createCommands,
  createIds,
  createLog,
  createManualClock,
  createMetrics,
  type FactContext,
  type Ids,
  type ManualClock,
  Problem,
  serviceRoutes,
  type Views,
} from '@tenure/runtime';
import { services } from '@tenure/standalone';
import { idKey } from './id-key.ts';

/** An operation of the API with what it is asked, whoever serves it. */
export interface Call {
  readonly operationId: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Called {
  readonly status: number;
  /** The answer's body, or the problem's code. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

/** All services' decisions and reads on a log, without HTTP and without views: what is read is folded from the log. */
export interface LogSystem {
  readonly store: FactContext['store'];
  readonly clock: ManualClock;
  readonly ids: Ids;
  call(call: Call): Promise<Called>;
  close(): Promise<void>;
}

/** @param now ms since 1970 UTC */
export async function openLogSystem(now: number, zone = 'UTC'): Promise<LogSystem> {
  const directory = mkdtempSync(join(tmpdir(), 'tenure-log-'));
  const clock = createManualClock(now);
  const store = await openSqliteEventStore({ directory, now: clock.now });
  return {
    ...logSystemOn(store, clock, zone),
    async close() {
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The same on a store that is somebody else's. */
export function logSystemOn(store: FactContext['store'], clock: ManualClock, zone = 'UTC'): Omit<LogSystem, 'close'> {
  const log = createLog({ level: 'silent', service: 'test' });
  const metrics = createMetrics();
  const commands = createCommands({ store, log, metrics });
  const ids = createIds(Buffer.from(idKey, 'hex'));
  // Who asked for views would find none.
  const views = {} as Views;
  const replays = {} as FactContext['replays'];
  const routes = new Map(
    serviceRoutes(services, { store, clock, ids, commands, views, replays, zone, log, metrics }).map((route) => [
      route.operationId,
      route,
    ]),
  );
  let calls = 0;
  return {
    store,
    clock,
    ids,
    async call({ operationId, params = {}, query = {}, body }) {
      const route = routes.get(operationId);
      if (route === undefined) throw new Error(`there is no operation ${operationId}`);
      const requestId = (++calls).toString(16).padStart(32, '0');
      const origin = { actor: 'test', requestId, correlationId: requestId };
      const none = { traceparent: undefined, idempotencyKey: undefined, ifMatch: undefined };
      try {
        const answer = await route.handle({
          params,
          query,
          body,
          stream: undefined,
          origin: { ...origin, ...none },
          contentType: 'application/json',
          flight: { signal: new AbortController().signal },
        });
        return { status: answer.status, body: answer.body ?? JSON.parse(answer.text ?? 'null') };
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        return { status: error.status, body: { code: error.code, detail: error.message } };
      }
    },
  };
}
