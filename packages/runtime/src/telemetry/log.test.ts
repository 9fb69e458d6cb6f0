import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';

function logging(level = 'info') {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { log: createLog({ level, service: 'test', destination }), lines };
}

describe('the log', () => {
  it('is JSON lines with the time and the service', () => {
    const { log, lines } = logging();
    log.info({ at: 'http://localhost' }, 'ready');
    log.debug('unseen');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 30, time: expect.stringMatching(/Z$/), service: 'test', at: 'http://localhost', msg: 'ready' },
    ]);
  });

  it('holds nothing of a person, wherever somebody put it', () => {
    const { log, lines } = logging();
    const canary = 'jane@example.org';
    log.info({ body: { email: canary }, headers: { authorization: canary }, url: `/by-key/shop/${canary}` }, 'request');
    log.info({ event: { personal: { key: canary }, type: 'CustomerRegistered' }, customer: { key: canary } }, 'event');
    log.error({ err: Object.assign(new Error('it failed', { cause: new Error('why') }), { body: canary, code: 'x' }) });
    expect(lines.join()).not.toContain(canary);
    expect(lines.join()).toContain('CustomerRegistered');
    expect(JSON.parse(lines[2] ?? '').err).toMatchObject({
      name: 'Error',
      message: 'it failed',
      code: 'x',
      cause: { message: 'why' },
    });
  });

  it('tells of what was thrown although it is no error', () => {
    const { log, lines } = logging();
    log.warn({ err: 'text' }, 'odd');
    expect(JSON.parse(lines[0] ?? '').err).toEqual({ name: 'string', message: 'not an error' });
  });
});
