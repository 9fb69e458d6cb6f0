import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const MAGIC = Buffer.from('eventstoredb-double log, v1\n\0\0\0\0');
const HEADER_BYTES = 9;
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;
const SCAN_BYTES = 4 * 1024 * 1024;

/** Set on the last record of an append: all its records are there, or none counts. */
const ENDS_APPEND = 1;

/** A record as found on start. */
export interface FoundRecord {
  readonly offset: number;
  readonly payload: Buffer;
}

/**
 * An append-only file of records: length, CRC and flag, then the payload. `stage` gives a record its place, `commit`
 * waits until all that is staged is on disk; all commits that wait share one fsync.
 */
export class LogFile {
  readonly #file: FileHandle;
  #staged: Buffer[] = [];
  #end: number;
  #committedEnd: number;
  #flushing: Promise<void> | undefined;

  private constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
    this.#committedEnd = end;
  }

  /**
   * Opens or creates the file, tells its records, and drops what a crash left unfinished behind the last whole append.
   * @throws {Error} when the file is something else
   */
  static async open(path: string, onRecord: (record: FoundRecord) => void): Promise<LogFile> {
    const end = recover(path, onRecord);
    return new LogFile(await open(path, 'r+'), end);
  }

  /** Where the next record will begin. */
  get end(): number {
    return this.#end;
  }

  /** Everything before it is on disk. */
  get committedEnd(): number {
    return this.#committedEnd;
  }

  /** Takes a record; answers with its place, which is where `end` was. */
  stage(payload: Uint8Array, endsAppend: boolean): number {
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    header.writeUInt32LE(payload.length, 0);
    header.writeUInt8(endsAppend ? ENDS_APPEND : 0, 8);
    header.writeUInt32LE(checksum(header.subarray(8), payload), 4);
    const offset = this.#end;
    this.#staged.push(header, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
    this.#end += HEADER_BYTES + payload.length;
    return offset;
  }

  /** Resolves when all that is staged by now is on disk. A failed write fails this and all that follow. */
  async commit(): Promise<void> {
    const until = this.#end;
    while (this.#committedEnd < until) {
      this.#flushing ??= this.#flush();
      await this.#flushing;
    }
  }

  /** Reads bytes that are on disk. */
  async read(from: number, to: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(to - from);
    let done = 0;
    while (done < buffer.length) {
      const { bytesRead } = await this.#file.read(buffer, done, buffer.length - done, from + done);
      if (bytesRead === 0) throw new Error(`the log ends at ${from + done}, before ${to}`);
      done += bytesRead;
    }
    return buffer;
  }

  async close(): Promise<void> {
    await this.commit();
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    const buffer = Buffer.concat(this.#staged);
    const from = this.#committedEnd;
    this.#staged = [];
    for (let done = 0; done < buffer.length; ) {
      const { bytesWritten } = await this.#file.write(buffer, done, buffer.length - done, from + done);
      done += bytesWritten;
    }
    await this.#file.datasync();
    this.#committedEnd = from + buffer.length;
    // Only now: a failed flush stays the answer to every later commit.
    this.#flushing = undefined;
  }
}

/** The payload of the record at `offset`, in bytes that begin at `from`. */
export function payloadIn(bytes: Buffer, from: number, offset: number): Buffer {
  const start = offset - from + HEADER_BYTES;
  return bytes.subarray(start, start + bytes.readUInt32LE(offset - from));
}

function checksum(flags: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(flags));
}

function recover(path: string, onRecord: (record: FoundRecord) => void): number {
  const fd = openSync(path, 'a+');
  try {
    const size = fstatSync(fd).size;
    if (size < MAGIC.length) {
      ftruncateSync(fd, 0);
      writeSync(fd, MAGIC);
      return MAGIC.length;
    }
    const magic = Buffer.alloc(MAGIC.length);
    readSync(fd, magic, 0, magic.length, 0);
    if (!magic.equals(MAGIC)) throw new Error(`${path} is no log of this version of the double`);
    const end = scan(fd, size, onRecord);
    if (end < size) ftruncateSync(fd, end);
    return end;
  } finally {
    closeSync(fd);
  }
}

/** Tells the records of whole appends; answers with where they end. */
function scan(fd: number, size: number, onRecord: (record: FoundRecord) => void): number {
  const window = new ScanWindow(fd);
  let unfinished: FoundRecord[] = [];
  let end = MAGIC.length;
  let offset = end;
  while (offset + HEADER_BYTES <= size) {
    const header = window.bytes(offset, HEADER_BYTES);
    const length = header.readUInt32LE(0);
    if (length > MAX_PAYLOAD_BYTES || offset + HEADER_BYTES + length > size) break;
    const record = window.bytes(offset, HEADER_BYTES + length);
    const payload = record.subarray(HEADER_BYTES);
    if (checksum(record.subarray(8, HEADER_BYTES), payload) !== record.readUInt32LE(4)) break;
    unfinished.push({ offset, payload });
    offset += record.length;
    if (record.readUInt8(8) !== ENDS_APPEND) continue;
    for (const found of unfinished) onRecord(found);
    unfinished = [];
    end = offset;
  }
  return end;
}

/** Reads a file front to back in large steps. */
class ScanWindow {
  readonly #fd: number;
  #from = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(fd: number) {
    this.#fd = fd;
  }

  bytes(offset: number, length: number): Buffer {
    if (offset + length > this.#from + this.#bytes.length) {
      const buffer = Buffer.allocUnsafe(Math.max(SCAN_BYTES, length));
      const read = readSync(this.#fd, buffer, 0, buffer.length, offset);
      this.#from = offset;
      this.#bytes = buffer.subarray(0, read);
    }
    return this.#bytes.subarray(offset - this.#from, offset - this.#from + length);
  }
}
