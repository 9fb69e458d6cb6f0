import { isUtf8 } from 'node:buffer';

/** A line as it came, or why it was not kept. */
export type Line = string | LineFault;
export type LineFault = { readonly fault: 'too-long' | 'not-utf8' };

const newline = 0x0a;
const tooLong: LineFault = { fault: 'too-long' };
const notUtf8: LineFault = { fault: 'not-utf8' };

/**
 * Splits bytes into lines, as many at once as are there. The last needs no newline. A line that is too long is let go
 * while it comes in.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<readonly Line[]> {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  const keep = (bytes: Uint8Array): void => {
    begunBytes += bytes.length;
    if (begunBytes > maxLineBytes) begun = [];
    else if (bytes.length > 0) begun.push(bytes);
  };
  for await (const chunk of chunks) {
    const first = chunk.indexOf(newline);
    if (first === -1) {
      keep(chunk);
      continue;
    }
    keep(chunk.subarray(0, first));
    const lines: Line[] = [begunBytes > maxLineBytes ? tooLong : decoded(Buffer.concat(begun))];
    begun = [];
    begunBytes = 0;
    const last = chunk.lastIndexOf(newline);
    if (last > first) lines.push(...split(chunk.subarray(first + 1, last), maxLineBytes));
    keep(chunk.subarray(last + 1));
    yield lines;
  }
  if (begunBytes > 0) yield [begunBytes > maxLineBytes ? tooLong : decoded(Buffer.concat(begun))];
}

/** Whole lines, without the newline of the last. */
function split(bytes: Uint8Array, maxLineBytes: number): readonly Line[] {
  if (bytes.length <= maxLineBytes && isUtf8(bytes)) return text(bytes).split('\n');
  const lines: Line[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const end = bytes.indexOf(newline, from);
    const line = bytes.subarray(from, end === -1 ? bytes.length : end);
    lines.push(line.length > maxLineBytes ? tooLong : decoded(line));
    if (end === -1) break;
    from = end + 1;
  }
  return lines;
}

function decoded(bytes: Uint8Array): Line {
  return isUtf8(bytes) ? text(bytes) : notUtf8;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
