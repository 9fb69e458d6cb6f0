import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, pipeline, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CommandFailedError } from '../errors.ts';

const longestLine = 16 * 1024 * 1024;

export interface ReadLinesOptions {
  /** A label of the Encoding Standard, such as utf-8 or windows-1252. */
  readonly encoding: string;
  /** Is fed the bytes of the file as they are on disk. */
  readonly hash: Hash;
  /** How many bytes of the file were read so far. */
  readonly onBytes: (read: number) => void;
}

/**
 * The lines of a file, plain or gzipped, in portions, without their ends (LF or CR LF). A byte order mark is dropped, what
 * the encoding does not allow becomes U+FFFD.
 * @throws CommandFailedError when the compressed data is damaged or cut off, or a line has more than 16 Mi characters
 */
export async function* readLines(file: string, options: ReadLinesOptions): AsyncGenerator<string[]> {
  let read = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      read += chunk.length;
      options.hash.update(chunk);
      options.onBytes(read);
      done(null, chunk);
    },
  });
  const unpack = (await isGzip(file)) ? createGunzip() : new PassThrough();
  // An error of any of the three ends the last one, and so comes out of the loop below.
  const bytes = pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), watch, unpack, () => undefined);
  const decoder = new TextDecoder(options.encoding);
  let rest = '';
  try {
    for await (const chunk of bytes) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestLine) throw new Error('a line is too long; is it a text?');
      if (lines.length > 0) yield lines.map(withoutReturn);
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new CommandFailedError(`${file} cannot be read to its end: ${detail}`, { cause: error });
  }
  rest += decoder.decode();
  if (rest !== '') yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
