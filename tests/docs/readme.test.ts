import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Running, start } from '../support/running.ts';
import { runLine } from './run-line.ts';

const root = resolve(import.meta.dirname, '../..');
const readme = readFileSync(resolve(root, 'README.md'), 'utf8');
const tour = /```sh tour\n(.*?)```/s.exec(readme)?.[1] ?? '';
const steps = tour.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe("the README's tour", () => {
  let running: Running;
  const said: string[] = [];
  beforeAll(async () => {
    running = await start({ now: '2026-02-01T00:00:00Z' });
    for (const step of steps) {
      said.push(await runLine(step, running.url));
      await running.settled();
    }
  }, 120_000);
  afterAll(() => running?.stop());

  it('has steps, and every one is answered', () => {
    expect(steps.length).toBeGreaterThanOrEqual(8);
    for (const output of said) {
      expect(output).not.toContain('urn:tenure:problem');
      expect(output.trim()).not.toBe('');
    }
  });

  it('shows what its comments say', () => {
    const [purchase, customer, conflicts, batch, csv, asOf, history, why, graph, lifecycle] = said;
    expect(JSON.parse(purchase ?? '')).toMatchObject({ position: expect.any(String) });
    expect(JSON.parse(customer ?? '')).toMatchObject({ stage: 'new', tier: 'silver', points: 610 });
    expect(JSON.parse(conflicts ?? '').items).toEqual([]);
    expect(JSON.parse(batch ?? '')).toMatchObject({ line: 1, status: 202 });
    expect(csv).toMatch(/^id,.*\n.*active/s);
    expect(JSON.parse(asOf ?? '')).toMatchObject({ stage: 'new', frequency: 1 });
    expect(history).toContain('StageChanged');
    expect(why).toMatch(
      /^active since .*: 2 purchase days \(rule active\.second-purchase-day, policy lifecycle v1\)\n/,
    );
    expect(graph).toMatch(/^graph TD\n.*PurchaseRecorded.*TierChanged/s);
    expect(JSON.parse(lifecycle ?? '').counts).toMatchObject({ active: 1 });
  });
});

describe('links in the documents', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    ...['profile', 'interaction', 'complaint', 'loyalty', 'analytics', 'audit', 'standalone'].map(
      (name) => `services/${name}/README.md`,
    ),
  ];
  it.each(documents)('%s leads to what is there', (document) => {
    const file = resolve(root, document);
    const links = [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(
      ([, link]) => link ?? '',
    );
    for (const link of links) expect(existsSync(resolve(dirname(file), link)), `${document}: ${link}`).toBe(true);
  });
});
