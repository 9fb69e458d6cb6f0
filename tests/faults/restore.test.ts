import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredEvent } from '@tenure/event-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chanceFor } from '../support/chance.ts';
import { expectedView, shownView } from '../support/expected-view.ts';
import { foldEveryone, recordedOtherwise } from '../support/folded.ts';
import { expectWhole } from '../support/log-checks.ts';
import { startProcess } from '../support/process.ts';
import { Publisher } from '../support/publisher.ts';
import { type Running, start } from '../support/running.ts';
import { checkpointsOf } from '../support/stored.ts';
import { storyOf } from '../support/story.ts';
import { tenure } from '../support/tenure.ts';

describe('a backup that is taken while running', () => {
  let directory: string;
  let data: string;
  let backup: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tenure-restore-'));
    data = join(directory, 'data');
    backup = join(directory, 'backup');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('I6: restored beside views that have seen more, everything is answered from the restored log', async () => {
    const chance = chanceFor('restore');
    const { bulk, live, end } = storyOf({ seed: chance.below(2 ** 31), customers: 80, days: 200 });
    const now = new Date(end).toISOString();
    const before = await start({ now, directory: data });
    const [importer, others] = [new Publisher(bulk), new Publisher(live)];
    while (others.left > live.length / 2) await others.sendOne(before.url);
    const importing = publishAll(importer, before.url);
    const { events: count } = (await tenure(['backup', backup], { TENURE_DATA: data })) as { events: number };
    await importing;
    while (others.left > 0) await others.sendOne(before.url);
    await before.settled();
    const all = await before.events();
    await before.stop();
    expect(count).toBeLessThan(all.length);

    await tenure(['restore', backup], { TENURE_DATA: data });
    const seen = (await checkpointsOf(data)).views;
    const after = await start({ now, directory: data });
    try {
      expect(seen > (all[count - 1]?.position ?? '')).toBe(true);
      const kept = await after.events();
      expect(kept.slice(0, count)).toEqual(all.slice(0, count));
      await expectFolded(after);
      const lost = customersOf(all).filter((id) => !customersOf(kept).includes(id));
      expect(lost.length).toBeGreaterThan(0);
      for (const id of lost) expect((await after.get(`/v1/customers/${id}`)).status).toBe(404);

      // Publishers send again what the restored log lacks, and nothing of it is skipped.
      const again = [new Publisher(bulk), new Publisher(live)];
      await publishAll(again[0] as Publisher, after.url);
      while ((again[1]?.left ?? 0) > 0) await again[1]?.sendOne(after.url);
      await expectFolded(after);
      expectWhole(
        await after.events(),
        again.flatMap(({ acknowledged }) => acknowledged),
      );
      expect(customersOf(await after.events()).length).toBe(customersOf(all).length);
    } finally {
      await after.stop();
    }
  }, 60_000);

  it('holds what opens personal data and makes ids: on another machine everybody is who they were', async () => {
    const first = startProcess({ directory: data });
    const customer = { source: 'shop', key: 'K1' };
    const observed = { source: 'registration-form', observedAt: '2026-01-01T00:00:00Z' };
    const attributes = { givenName: { value: 'Ada', ...observed } };
    const contactPoints = [{ kind: 'email', value: 'ada@example.com', ...observed }];
    const registered = await fetch(`${await first.url}/v1/customers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customer, kind: 'person', attributes, contactPoints }),
    });
    const { customerId } = (await registered.json()) as { customerId: string };
    await tenure(['backup', backup], { TENURE_DATA: data });
    await first.kill();
    rmSync(data, { recursive: true });

    await tenure(['restore', backup], { TENURE_DATA: data });
    const second = startProcess({ directory: data });
    try {
      const shown = await (await fetch(`${await second.url}/v1/customers/by-key/shop/K1`)).json();
      expect(shown).toMatchObject({
        id: customerId,
        keys: [customer],
        attributes: { givenName: { value: 'Ada' } },
        contactPoints: [{ kind: 'email', value: 'ada@example.com' }],
      });
    } finally {
      await second.kill();
    }
  }, 60_000);
});

async function publishAll(publisher: Publisher, url: string): Promise<void> {
  while (publisher.left > 0) await publisher.sendBatch(url, 100);
}

function customersOf(events: readonly StoredEvent[]): readonly string[] {
  return events.flatMap(({ type, customerId }) => (type === 'CustomerRegistered' ? (customerId ?? []) : []));
}

async function expectFolded(running: Running): Promise<void> {
  await running.idle();
  const events = await running.events();
  const everyone = await foldEveryone(running.store, events, running.clock.now());
  for (const [id, { state, ids }] of everyone) {
    expect(shownView((await running.get(`/v1/customers/${id}`)).body)).toEqual(expectedView(state, ids));
  }
  expect(recordedOtherwise(everyone, events), 'I23: recorded otherwise than derived').toEqual([]);
}
