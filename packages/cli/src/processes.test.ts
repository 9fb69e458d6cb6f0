import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-process-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a command with a free port, and its temporary files in `folder`. */
function start(...args: string[]) {
  const env = { PATH: process.env.PATH, TMPDIR: folder, TENURE_DATA: join(folder, 'data'), TENURE_PORT: '0' };
  const started = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  child = started;
  const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
  const seen: string[] = [];
  return {
    /** The first line from here on that matches. */
    until: async (pattern: RegExp): Promise<string> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`it ended without ${pattern}:\n${seen.join('\n')}`);
        seen.push(value);
        if (pattern.test(value)) return value;
      }
    },
    end: async (signal: NodeJS.Signals): Promise<unknown> => {
      started.kill(signal);
      const [code] = await once(started, 'exit');
      return code;
    },
  };
}

const urlIn = (line: string) => /http:\S+?(?=[,:]? |$)/.exec(line)?.[0] ?? '';

describe('tenure serve', () => {
  it('says what to try, that works, and a signal ends it', async () => {
    const serve = start('serve');
    expect(urlIn(await serve.until(/^What there is to ask/))).toMatch(/\/docs$/);
    const publish = await serve.until(/^ {2}curl .*v1\/purchases/);
    const look = await serve.until(/^ {2}curl .*by-key/);
    const [, body = ''] = /-d '(.*)'$/.exec(publish) ?? [];
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(urlIn(publish), { method: 'POST', headers, body });
    expect(answer.status).toBe(202);
    const view = await fetch(urlIn(look), {
      headers: { 'tenure-min-position': answer.headers.get('tenure-position') ?? '' },
    });
    expect(await view.json()).toMatchObject({
      stage: 'new',
      points: 19,
      spend: [{ amountMinor: 1999, currency: 'GBP' }],
    });
    expect(await serve.end('SIGTERM')).toBe(0);
  });
});

describe('tenure demo', () => {
  it('lets a business live, shows it, and leaves nothing behind', async () => {
    const demo = start('demo', '--customers', '40', '--days', '300', '--speed', '60');
    const report = await demo.until(/potential \d/);
    expect(report).toMatch(/^\d{4}-\d\d-\d\d {2}\d+ facts(, \d+ refused)? {2}\| {2}potential \d+ {2}new \d+/);
    const look = await demo.until(/curl .*by-key/);
    const view = (await (await fetch(urlIn(look))).json()) as { readonly keys: unknown };
    // Some have linked the app's key to it by then.
    expect(view.keys).toContainEqual({ source: 'members', key: expect.stringMatching(/^M\d+$/) });
    await demo.until(/^Its time is over/);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(await demo.end('SIGINT')).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});
