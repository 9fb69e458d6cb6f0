import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MAX_HELD_BYTES, OneWay } from './one-way.ts';

const PIECE = 64 * 1024;
const FAR_TOO_MANY = 16 * 1024;

/** Says pieces of `size` bytes for as long as it is asked, and counts them; fails when it has said far too much. */
function endless(size: number): { from: Readable; saidBytes: () => number } {
  const piece = Buffer.alloc(size);
  let pieces = 0;
  const from = new Readable({
    highWaterMark: size,
    read() {
      pieces += 1;
      if (pieces > FAR_TOO_MANY) this.destroy(new Error('nobody holds the sender up'));
      else this.push(piece);
    },
  });
  return { from, saidBytes: () => pieces * size };
}

const open = { delayMs: () => 0, isHeld: () => false, mayPass: () => true };

describe('one direction of a connection', () => {
  it('holds its sender up when the receiver takes nothing', async () => {
    const { from, saidBytes } = endless(PIECE);
    let release: () => void = () => expect.unreachable('nothing was written');
    const to = new Writable({
      highWaterMark: PIECE,
      write(_bytes, _encoding, done) {
        release = done;
      },
    });
    const way = new OneWay({ ...open, from, to });
    way.move();
    await once(from, 'pause');
    expect(to.writableLength).toBeLessThanOrEqual(2 * PIECE);
    const said = saidBytes();
    expect(said).toBeGreaterThanOrEqual(MAX_HELD_BYTES);
    expect(said).toBeLessThanOrEqual(MAX_HELD_BYTES + 4 * PIECE);

    const pausedAgain = once(from, 'pause');
    release();
    await pausedAgain;
    expect(saidBytes()).toBeGreaterThan(said);
    from.destroy();
    to.destroy();
  });

  it.each([PIECE, 1])('holds no more for a delay than is allowed, in pieces of %d bytes', async (size) => {
    const { from, saidBytes } = endless(size);
    const to = new Writable({ write: () => expect.unreachable('it is not due yet') });
    const way = new OneWay({ ...open, delayMs: () => 3_600_000, from, to });
    way.move();
    await once(from, 'pause');
    expect(saidBytes()).toBeLessThanOrEqual(MAX_HELD_BYTES + 4 * size);
    if (size === 1) expect(saidBytes()).toBeLessThan(MAX_HELD_BYTES / 100);
    to.destroy();
    from.destroy();
    await once(to, 'close');
  });

  it('keeps the order when the delay becomes shorter, and the end comes last', async () => {
    let delayMs = 3_600_000;
    const from = new Readable({ read: () => undefined });
    const heard: string[] = [];
    const to = new Writable({
      write(bytes, _encoding, done) {
        heard.push(String(bytes));
        done();
      },
    });
    const way = new OneWay({ ...open, delayMs: () => delayMs, from, to });
    way.move();
    for (const word of ['first', 'second']) {
      const arrived = once(from, 'data');
      from.push(word);
      await arrived;
    }
    expect(heard).toEqual([]);
    delayMs = 0;
    from.push('third');
    from.push(null);
    await once(to, 'finish');
    expect(heard).toEqual(['first', 'second', 'third']);
  });
});
