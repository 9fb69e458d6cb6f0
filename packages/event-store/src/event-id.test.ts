import { expect, it } from 'vitest';
import { eventId } from './event-id.ts';

it('gives each event of each command an id of its own, the same every time', () => {
  const ids = ['a', 'b', '1:a', 'a1'].flatMap((command) => [0, 1, 10, 11].map((index) => eventId(command, index)));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(eventId('a', 1)).toBe(eventId('a', 1));
});

it('does not change from version to version: printf "0:command" | sha256sum', () => {
  expect(eventId('command', 0)).toBe('c07603dd3e8a6a2f05ca04e97eadaa7c');
});
