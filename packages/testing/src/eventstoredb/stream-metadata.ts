import type { StreamLimits } from './event-index.ts';

/** The stream that holds a stream's metadata. */
export function metastreamOf(stream: string): string {
  return `$$${stream}`;
}

/** The stream whose metadata a stream holds; undefined for other streams. */
export function originalStreamOf(stream: string): string | undefined {
  return stream.startsWith('$$') ? stream.slice(2) : undefined;
}

/** What a `$metadata` event limits; what is no JSON object limits nothing. `$maxAge` is not heeded. */
export function limitsIn(data: Uint8Array): StreamLimits {
  const metadata = parse(Buffer.from(data).toString('utf8'));
  const number = (key: string, otherwise: number): number => {
    const value = metadata[key];
    return typeof value === 'number' ? value : otherwise;
  };
  return { truncateBefore: number('$tb', 0), maxCount: number('$maxCount', Number.POSITIVE_INFINITY) };
}

/** `truncateBefore` may be too large for a number of JavaScript. */
export function truncation(truncateBefore: bigint): Buffer {
  return Buffer.from(`{"$tb":${truncateBefore}}`);
}

function parse(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Clients may write anything here; the server takes it for no metadata too.
    return {};
  }
}
