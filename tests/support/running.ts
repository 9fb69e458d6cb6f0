import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore, StoredEvent } from '@tenure/event-store';
import type { ViewSet } from '@tenure/read-store';
import {
  createLog,
  createManualClock,
  loadConfig,
  type ManualClock,
  type Service,
  startProcess,
} from '@tenure/runtime';
import { info, services, standaloneConfig } from '@tenure/standalone';
import type { EnginesUnderTest } from './engines.ts';
import { idKey } from './id-key.ts';

/** Answers are read as what they are: JSON of any shape. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export type Body = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** The whole product in this process, on a store of its own, with a clock that the test moves. */
export interface Running {
  readonly url: string;
  readonly directory: string;
  readonly clock: ManualClock;
  /** The log itself. */
  readonly store: EventStore;
  /** The views that are served now. */
  views(): ViewSet;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** The same of a report, asked for again while it is answered that it takes too long. */
  report(path: string): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  send(method: string, path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Sends facts as a batch and returns the lines of the answer. */
  batch(facts: readonly object[], query?: string): Promise<readonly Body[]>;
  /** Sends new facts as publishers do: what is refused because the store is slow or away is sent again. */
  publish(facts: readonly object[], query?: string): Promise<void>;
  /** The whole log. */
  events(): Promise<readonly StoredEvent[]>;
  /** Resolves when views and recorders have applied the whole log and nothing more follows. */
  settled(): Promise<void>;
  /** The same once time has done its work, too: nothing is due. Not for while an import session is open. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** What time it is. */
  readonly now: string;
  readonly env?: Readonly<Record<string, string>>;
  /** On which a new, empty system is made; absent: the embedded ones. */
  readonly engines?: EnginesUnderTest;
  /** Of an earlier run; else a new one, which goes with `stop`. */
  readonly directory?: string;
  /** Beside the product's own. */
  readonly more?: readonly Service[];
}

/** Where what falls due stands, by which field. */
const due = services.flatMap(({ views }) => [
  ...(views?.definition.timers ?? []),
  ...(views?.definition.recorders ?? []).map(({ timer }) => timer),
]);

export async function start({ now, env = {}, engines, directory: given, more = [] }: StartOptions): Promise<Running> {
  const own = await engines?.create();
  const directory = given ?? mkdtempSync(join(tmpdir(), 'tenure-e2e-'));
  const clock = createManualClock(Date.parse(now));
  const config = loadConfig(standaloneConfig, {
    TENURE_PORT: '0',
    TENURE_DATA: directory,
    TENURE_LOG_LEVEL: 'error',
    TENURE_ID_KEY: idKey,
    ...own?.env,
    ...env,
  });
  const running = await startProcess({
    name: 'standalone',
    services: [...config.TENURE_SERVICES, ...more],
    config,
    info,
    log: createLog({ level: config.TENURE_LOG_LEVEL, service: 'test' }),
    clock: clock.description,
    checkAnswers: true,
  });
  const send = async (
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(running.url + path, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, body: isJson && text !== '' ? parse(text) : text };
  };
  const settled = async (): Promise<void> => {
    const { store, views } = running.context;
    for (;;) {
      const head = await store.head();
      if (head === null) return;
      await views.reached(head, AbortSignal.timeout(patienceMs));
      await until(() => (views.positions.get('recording') ?? '') >= head, patienceMs);
      if ((await store.head()) === head) return;
    }
  };
  const batch = async (facts: readonly object[], query = ''): Promise<readonly Body[]> => {
    const response = await fetch(`${running.url}/v1/facts/batch${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: facts.map((fact) => `${JSON.stringify(fact)}\n`).join(''),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`the batch was answered ${response.status}: ${text}`);
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  return {
    url: running.url,
    directory,
    clock,
    store: running.context.store,
    views: () => running.context.views.current(),
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    async report(path) {
      let answer = await send('GET', path, undefined);
      await until(async () => {
        if (answer.status === 504) answer = await send('GET', path, undefined);
        return answer.status !== 504;
      });
      return answer;
    },
    post: (path, body, headers) => send('POST', path, body, headers),
    batch,
    async publish(facts, query) {
      for (let left = facts; left.length > 0; ) {
        const results = await batch(left, query);
        const refused = results.filter(({ status }) => ![200, 202, 503].includes(status));
        if (refused.length > 0) throw new Error(`refused for good: ${JSON.stringify(refused[0])}`);
        left = left.filter((_, index) => results[index]?.status === 503);
      }
    },
    async events() {
      const { store } = running.context;
      const events: StoredEvent[] = [];
      for (;;) {
        const last = events.at(-1);
        const page = await store.readAll({ limit: 5_000, ...(last === undefined ? {} : { after: last.position }) });
        if (page.length === 0) return events;
        events.push(...page);
      }
    },
    settled,
    async idle() {
      const { store, views } = running.context;
      for (;;) {
        await settled();
        const head = await store.head();
        const isDue = async ({
          collection,
          field,
        }: {
          collection: string;
          field: string;
        }): Promise<readonly object[]> => {
          const filter = { [field]: { $lte: clock.now() } };
          return views.current().find(collection, { filter, limit: 1 });
        };
        const dueNow = async (): Promise<readonly object[]> => (await Promise.all(due.map(isDue))).flat();
        await until(async () => (await dueNow()).length === 0).catch(async (error: unknown) => {
          throw new Error(`it stays due: ${JSON.stringify(await dueNow())}`, { cause: error });
        });
        if ((await store.head()) === head) return;
      }
    },
    async stop() {
      await running.stop();
      await own?.close();
      if (given === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Slow engines on a busy machine take minutes for what the embedded ones do in seconds. */
const patienceMs = 600_000;

const firstPauseMs = 10;
const longestPauseMs = 100;

/** Looks again and again until something holds, and less and less often: looking takes its share of the engines. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 300_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (let pause = firstPauseMs; !(await holds()); pause = Math.min(pause * 1.5, longestPauseMs)) {
    if (performance.now() > deadline) throw new Error('what was waited for did not come');
    await delay(pause);
  }
}

function parse(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    // NDJSON
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
}
