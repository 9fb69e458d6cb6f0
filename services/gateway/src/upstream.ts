import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { type ApiDocument, isKeyless, readDocument } from './api-document.ts';
import type { UpstreamAddress } from './config.ts';

export interface UpstreamOptions extends UpstreamAddress {
  readonly dispatcher: Dispatcher;
  /** Of the scope `docs:read`. */
  readonly key: string | undefined;
  /** Whether a service that asks for no keys is stood before, too: only where nobody else can reach the gateway. */
  readonly allowKeyless: boolean;
  /** Called when the document is another than before. */
  readonly onLearnt: () => void;
  /** Called when it can be reached no more, or again. */
  readonly onChange: (upstream: Upstream) => void;
}

/** For the gateway's own questions; those of clients take as long as the service lets them. */
const QUESTION_MS = 2_000;

const readiness = z.looseObject({ status: z.string(), dependencies: z.record(z.string(), z.string()).default({}) });

/** A service behind the gateway, and what is known of it. */
export class Upstream {
  readonly name: string;
  readonly origin: string;
  readonly #options: UpstreamOptions;
  #text: string | undefined;
  #document: ApiDocument | undefined;
  #trouble: string | undefined = 'it has not been asked yet';

  constructor(options: UpstreamOptions) {
    this.name = options.name;
    this.origin = options.origin;
    this.#options = options;
  }

  /** What it serves, also while it is away; undefined until it has said so. */
  get document(): ApiDocument | undefined {
    return this.#document;
  }

  /** Why its document could not be read the last time; undefined if it could. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Reads its document. Never rejects: what is wrong is its trouble. */
  async learn(): Promise<void> {
    const before = this.#trouble;
    try {
      const { status, text } = await this.#ask('/openapi.json', this.#options.key);
      if (status !== 200) throw new Error(`it answers ${status} when asked for its API`);
      if (text !== this.#text) this.#read(text);
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
    }
    if (before !== this.#trouble) this.#options.onChange(this);
  }

  /** Why it is not ready to serve; undefined if it is. */
  async check(): Promise<string | undefined> {
    if (this.#document === undefined) return this.#trouble;
    try {
      const { status, text } = await this.#ask('/readyz');
      if (status === 200) return undefined;
      const { dependencies } = readiness.parse(JSON.parse(text));
      const wrong = Object.entries(dependencies).filter(([, state]) => state !== 'ok');
      return `it is not ready: ${wrong.map(([name, reason]) => `${name}: ${reason}`).join('; ')}`;
    } catch (error) {
      return error instanceof SyntaxError || error instanceof z.ZodError
        ? 'it does not say whether it is ready'
        : 'it cannot be reached';
    }
  }

  #read(text: string): void {
    const document = readDocument(text);
    if (!this.#options.allowKeyless && isKeyless(document)) {
      throw new Error('it asks for no API keys, and the gateway can be reached by others than this machine');
    }
    this.#text = text;
    this.#document = document;
    this.#options.onLearnt();
  }

  async #ask(path: string, key?: string): Promise<{ status: number; text: string }> {
    const { statusCode, body } = await this.#options.dispatcher.request({
      origin: this.origin,
      path,
      method: 'GET',
      headers: { accept: 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      signal: AbortSignal.timeout(QUESTION_MS),
    });
    return { status: statusCode, text: await body.text() };
  }
}
