import { Problem } from '@tenure/runtime';
import { mergeDocuments } from './merge-documents.ts';
import { UnavailableServiceError } from './problems.ts';
import { type Destination, type Routing, routingOf } from './routing.ts';
import type { Upstream } from './upstream.ts';

/** What all services together serve, as far as they have said. */
export class KnownApis {
  readonly #upstreams: readonly Upstream[];
  #routing: Routing | undefined;
  #text: Buffer | undefined;

  /** @param upstreams what the first serves is its alone */
  constructor(upstreams: readonly Upstream[]) {
    this.#upstreams = upstreams;
  }

  /** To be called when a service has another document than before. */
  change(): void {
    this.#routing = undefined;
    this.#text = undefined;
  }

  /**
   * Who answers this.
   * @throws {Problem} `not-found`, `method-not-allowed`, `bad-request`
   * @throws {UnavailableServiceError} for a path that nobody has, as long as a service has not said what it serves
   */
  find(method: string, url: string): Destination {
    this.#routing ??= routingOf(this.#documents());
    try {
      return this.#routing.find(method, url);
    } catch (error) {
      const unknown = this.#upstreams.find(({ document }) => document === undefined);
      if (unknown === undefined || (error instanceof Problem && error.code === 'bad-request')) throw error;
      const detail = `Nobody who is known has this path, and the service ${unknown.name} has not been reached yet`;
      throw new UnavailableServiceError(detail, { service: unknown.name, cause: error });
    }
  }

  /** @throws {RangeError} for a name that none has */
  named(name: string): Upstream {
    const found = this.#upstreams.find((upstream) => upstream.name === name);
    if (found === undefined) throw new RangeError(`there is no service ${name}`);
    return found;
  }

  /** The document of them all, as JSON. */
  text(): Buffer {
    this.#text ??= Buffer.from(JSON.stringify(mergeDocuments(this.#documents())));
    return this.#text;
  }

  #documents(): Map<string, NonNullable<Upstream['document']>> {
    return new Map(
      this.#upstreams.flatMap(({ name, document }) => (document === undefined ? [] : [[name, document] as const])),
    );
  }
}
