import type { EventLog } from './event-log.ts';
import { payloadIn } from './log-file.ts';

/** For reads of the whole log: neighbours are wanted too. */
export const WIDE_BYTES = 256 * 1024;

/** For reads of one stream, whose events lie scattered. */
export const NARROW_BYTES = 8 * 1024;

/** Reads events from the file, in windows that hold the neighbours in the direction of the read. */
export class PayloadCursor {
  readonly #log: EventLog;
  readonly #windowBytes: number;
  readonly #backwards: boolean;
  #from = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(log: EventLog, windowBytes: number, backwards: boolean) {
    this.#log = log;
    this.#windowBytes = windowBytes;
    this.#backwards = backwards;
  }

  /** The answer to a read that holds the event with this number. */
  async payload(number: number): Promise<Buffer> {
    const offset = this.#log.index.offset(number);
    const end = this.#end(number);
    if (offset < this.#from || end > this.#from + this.#bytes.length) await this.#load(offset, end);
    return payloadIn(this.#bytes, this.#from, offset);
  }

  async #load(offset: number, end: number): Promise<void> {
    const { file } = this.#log;
    const from = this.#backwards ? Math.max(0, Math.min(offset, end - this.#windowBytes)) : offset;
    const to = this.#backwards ? end : Math.max(end, Math.min(file.committedEnd, offset + this.#windowBytes));
    this.#bytes = await file.read(from, to);
    this.#from = from;
  }

  #end(number: number): number {
    const { index, file } = this.#log;
    return number + 1 < index.count ? index.offset(number + 1) : file.committedEnd;
  }
}
