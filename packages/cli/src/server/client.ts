import { CommandFailedError } from '../errors.ts';
import { ProblemError, readJson } from './problem-error.ts';

/** Where a running service answers. */
export interface ServerAddress {
  /** Without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** Talks JSON to a service. Every call throws ProblemError for an error's answer, CommandFailedError without any. */
export interface Client {
  readonly address: ServerAddress;
  get(path: string): Promise<unknown>;
  post(path: string, body?: unknown): Promise<unknown>;
}

export function createClient(address: ServerAddress): Client {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const headers: Record<string, string> = { accept: 'application/json', ...authorization(address) };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    let response: Response;
    try {
      response = await fetch(address.url + path, { method, headers, ...sent });
    } catch (error) {
      throw unreachable(address, error);
    }
    const answer = readJson(await response.text());
    if (!response.ok) throw new ProblemError(response.status, answer);
    return answer;
  };
  return {
    address,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
  };
}

export function authorization({ apiKey }: ServerAddress): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
}

export function unreachable(address: ServerAddress, cause: unknown): CommandFailedError {
  const detail = deepest(cause);
  return new CommandFailedError(`${address.url} does not answer: ${detail}`, { cause });
}

function deepest(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error
    ? deepest(error.cause)
    : error.message || ('code' in error ? String(error.code) : '');
}
