import type { Filter, FindOptions, Json, Pipeline } from '../port.ts';

/** A page of a stream, as the JSON text of a list. */
export interface Page {
  readonly json: string;
  readonly rows: number;
  /** From where the next page goes on; null at the end. */
  readonly next: PageStart | null;
}

/** The place of the last row, or the number of a stream that the answering side remembers. */
export type PageStart = { readonly after: readonly Json[] } | { readonly stream: number };

/** What answers queries on one version. Answers are JSON texts, which cross threads at the least cost. */
export interface Queries {
  /** A list of documents. */
  find(collection: string, options: FindOptions): Promise<string>;
  /** A list of results. */
  aggregate(collection: string, pipeline: Pipeline): Promise<string>;
  count(collection: string, filter: Filter | undefined): Promise<number>;
  /** At most `limit` rows; `start` takes the place of `after`. */
  page(collection: string, options: FindOptions, limit: number, start: PageStart | undefined): Promise<Page>;
  /** Forgets a stream that is not read to its end. */
  release(stream: number): Promise<void>;
  close(): Promise<void>;
}
