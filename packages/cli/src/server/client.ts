import { CommandFailedError } from '../errors.ts';
import { ProblemError, readJson } from './problem-error.ts';

/** Where a service answers. */
export interface ServerAddress {
  /** Without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** Talks JSON to a service. Every call throws ProblemError for an error's answer, CommandFailedError without any. */
export interface Client {
  readonly address: ServerAddress;
  get(path: string): Promise<unknown>;
  /** The items of a list, all of them, as they come. */
  list(path: string): AsyncGenerator<unknown>;
  post(path: string, body?: unknown): Promise<unknown>;
}

export function createClient(address: ServerAddress): Client {
  const call = async (method: string, path: string, accept: string, body?: unknown): Promise<Response> => {
    const headers: Record<string, string> = { accept, ...authorization(address) };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(address.url + path, { method, headers, ...sent }).catch((error: unknown) => {
      throw unreachable(address, error);
    });
    if (!response.ok) throw new ProblemError(response.status, readJson(await response.text()));
    return response;
  };
  const json = 'application/json';
  return {
    address,
    get: async (path) => readJson(await (await call('GET', path, json)).text()),
    post: async (path, body) => readJson(await (await call('POST', path, json, body)).text()),
    list: async function* (path) {
      const response = await call('GET', path, 'application/x-ndjson');
      let rest = '';
      try {
        for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) yield readJson(line);
        }
      } catch (error) {
        throw unreachable(address, error);
      }
      if (rest.trim() !== '') yield readJson(rest);
    },
  };
}

export function authorization({ apiKey }: ServerAddress): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
}

export function unreachable({ url }: ServerAddress, cause: unknown): CommandFailedError {
  return new CommandFailedError(`${url} does not answer: ${deepest(cause)}`, { cause });
}

function deepest(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return deepest(error.cause);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
