import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { baseConfig } from '../base-config.ts';
import { createManualClock, type ManualClock } from '../clock.ts';
import { loadConfig } from '../config.ts';
import { type RunningProcess, startProcess } from '../process/start-process.ts';
import type { Service } from '../service.ts';
import { createLog } from '../telemetry/log.ts';

/** An answer, its JSON read. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What a test reads out of an answer is checked by its expectations. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests are the schema
  readonly body: any;
}

/** Services that run in this process, on a store in a temporary directory. */
export interface TestServer {
  readonly url: string;
  readonly clock: ManualClock;
  readonly context: RunningProcess['context'];
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>;
  /** GET once the views have all that the log has. */
  getCurrent(path: string, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>;
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>;
  patch(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>;
  /** Sends lines as NDJSON; values are written as JSON, strings as they are. */
  batch(lines: readonly unknown[], query?: string): Promise<readonly TestAnswer['body'][]>;
  /** What was logged so far, JSON lines. */
  readonly logged: readonly string[];
  stop(): Promise<void>;
}

export interface TestServerOptions {
  /** Where the clock stands, RFC 3339; it moves only when the test says so. */
  readonly now?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Every answer is checked against its route's schema. Stop it when the tests are done. */
export async function serveForTest(
  services: readonly Service[],
  { now = '2026-03-01T12:00:00Z', env = {} }: TestServerOptions = {},
): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'tenure-service-'));
  const clock = createManualClock(Date.parse(now));
  const logged: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk));
      done();
    },
  });
  const running = await startProcess({
    name: 'test',
    services,
    config: loadConfig(baseConfig, { TENURE_PORT: '0', TENURE_DATA: directory, ...env }),
    info: { title: 'Test', version: '0.0.0', description: 'Services under test' },
    log: createLog({ level: 'warn', service: 'test', destination }),
    clock: clock.description,
    checkAnswers: true,
  });
  const { url, context } = running;

  const call = async (method: string, path: string, headers: Readonly<Record<string, string>>, body?: unknown) => {
    const hasBody = body !== undefined;
    const response = await fetch(new URL(path, url), {
      method,
      headers: { ...(hasBody ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(hasBody ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const isLines = response.headers.get('content-type')?.includes('ndjson') === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && !isLines ? JSON.parse(text) : undefined,
    };
  };

  return {
    url,
    clock,
    context,
    logged,
    get: (path, headers = {}) => call('GET', path, headers),
    async getCurrent(path, headers = {}) {
      const head = await context.store.head();
      return call('GET', path, head === null ? headers : { 'tenure-min-position': head, ...headers });
    },
    post: (path, body, headers = {}) => call('POST', path, headers, body),
    patch: (path, body, headers = {}) => call('PATCH', path, headers, body),
    async batch(lines, query = '') {
      const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
      const answer = await call('POST', `/v1/facts/batch${query}`, { 'content-type': 'application/x-ndjson' }, text);
      if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
      return answer.text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    },
    async stop() {
      await running.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
