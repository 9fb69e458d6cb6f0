import { expect, test } from 'vitest';
import { askWorker } from './echo.ts';

test('a thread starts from a .ts file beside the module that starts it, and has node:sqlite', async () => {
  const url = new URL('./echo-worker.ts', import.meta.url).href;
  expect(await askWorker('hello')).toEqual({ text: 'hello', url });
});

test('a package is one module, by its name and by its file', async () => {
  const file = new URL('../../packages/contracts/src/index.ts', import.meta.url).href;
  expect(await import(file)).toBe(await import('@tenure/contracts'));
});
