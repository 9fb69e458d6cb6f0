import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, readLines } from './read-lines.ts';

async function* chunked(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    if (end > from) yield bytes.subarray(from, end);
    from = end;
  }
}

const read = async (bytes: Uint8Array, cuts: readonly number[], maxLineBytes: number): Promise<readonly Line[]> => {
  const lines: Line[] = [];
  for await (const some of readLines(chunked(bytes, cuts), maxLineBytes)) lines.push(...some);
  return lines;
};

test('lines are the same however the bytes are cut', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', '"', ' ', '\r', 'ü', '购', '😀'), maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), async (lines, cuts) => {
      const bytes = Buffer.from(lines.join('\n'));
      const expected = lines.map((one) => (Buffer.byteLength(one) > 20 ? { fault: 'too-long' } : one));
      // Nothing after the last newline is no line.
      if (expected.at(-1) === '') expected.pop();
      expect(await read(bytes, cuts, 20)).toEqual(expected);
    }),
  );
});

test('a newline at the end begins no line, an empty line is one', async () => {
  expect(await read(Buffer.from('a\n\nb\n'), [], 10)).toEqual(['a', '', 'b']);
});

test('a line that is no UTF-8 leaves the others alone', async () => {
  const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xff, 0x0a]), Buffer.from('b\nc')]);
  for (const cuts of [[], [2], [3], [4]]) {
    expect(await read(bytes, cuts, 10)).toEqual(['a', { fault: 'not-utf8' }, 'b', 'c']);
  }
});
