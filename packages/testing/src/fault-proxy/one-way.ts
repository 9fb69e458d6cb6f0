import type { Readable, Writable } from 'node:stream';

/** What one direction may hold back, in bytes, before its sender is held up too. */
export const MAX_HELD_BYTES = 1024 * 1024;
/** A piece costs at least this much of it, so that many tiny ones are bounded as well. */
const PIECE_BYTES = 256;

interface Piece {
  /** Undefined for the end. */
  readonly bytes: Buffer | undefined;
  readonly arrivedMs: number;
}

export interface OneWayOptions {
  readonly from: Readable;
  readonly to: Writable;
  /** How long a piece is held, in ms. */
  readonly delayMs: () => number;
  /** Whether all is held. */
  readonly isHeld: () => boolean;
  /** Asked when a piece's time has come, the end being undefined: a piece that may not pass is dropped. */
  readonly mayPass: (bytes: Buffer | undefined) => boolean;
}

/** One direction of a connection: what comes in goes out in order, later if there is a delay, no faster than is taken. */
export class OneWay {
  readonly #options: OneWayOptions;
  readonly #waiting: Piece[] = [];
  #heldBytes = 0;
  #hasEnd = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OneWayOptions) {
    this.#options = options;
    const { from, to } = options;
    from.pause();
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => this.end());
    to.on('drain', () => this.move());
    to.on('close', () => this.#forget());
  }

  /** Lets the receiver see an end behind what is on its way; whatever the sender says later is dropped. */
  end(): void {
    this.#take(undefined);
    this.#hasEnd = true;
  }

  /** Passes on what may go now; to be called when a delay or a hold has changed. */
  move(): void {
    clearTimeout(this.#timer);
    const { from, to, delayMs, isHeld } = this.#options;
    if (to.destroyed) return;
    if (isHeld()) {
      from.pause();
      return;
    }
    while (!to.writableNeedDrain) {
      const first = this.#waiting[0];
      if (first === undefined) break;
      const leftMs = first.arrivedMs + delayMs() - performance.now();
      if (leftMs > 0) {
        // A timer may come a little early: then this is asked again.
        this.#timer = setTimeout(() => this.move(), Math.ceil(leftMs));
        break;
      }
      this.#waiting.shift();
      this.#heldBytes -= costOf(first.bytes);
      this.#pass(first.bytes);
    }
    if (this.#heldBytes < MAX_HELD_BYTES) from.resume();
  }

  #take(bytes: Buffer | undefined): void {
    if (this.#hasEnd) return;
    this.#waiting.push({ bytes, arrivedMs: performance.now() });
    this.#heldBytes += costOf(bytes);
    if (this.#heldBytes >= MAX_HELD_BYTES) this.#options.from.pause();
    this.move();
  }

  #pass(bytes: Buffer | undefined): void {
    const { to, mayPass } = this.#options;
    if (!mayPass(bytes)) return;
    if (bytes === undefined) to.end();
    else to.write(bytes);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
    this.#heldBytes = 0;
  }
}

function costOf(bytes: Buffer | undefined): number {
  return Math.max(bytes?.length ?? 0, PIECE_BYTES);
}
