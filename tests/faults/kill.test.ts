import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPolicies } from '@tenure/runtime';
import { describe, expect, it } from 'vitest';
import { chanceFor, isFull } from '../support/chance.ts';
import { expectedView, shownView } from '../support/expected-view.ts';
import { foldCustomer, foldEveryone, recordedOtherwise } from '../support/folded.ts';
import { KilledProduct } from '../support/killed-product.ts';
import { expectWhole } from '../support/log-checks.ts';
import { openStored, type Stored } from '../support/stored.ts';

const killsPerStore = isFull ? 9 : 6;
const stores = isFull ? 6 : 1;

describe('kill -9 of the process that owns the store, while importing and reading', () => {
  const chance = chanceFor('I6');
  let kills = 0;
  let behind = 0;

  for (let number = 1; number <= stores; number++) {
    it(`I6: store ${number} of ${stores}: what was acknowledged is there, once, and views equal the fold`, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'tenure-kill-'));
      const product = new KilledProduct(directory, chance);
      try {
        for (let kill = 0; kill < killsPerStore; kill++) {
          await product.runUntilKilled();
          kills++;
          await inspect(directory, async (stored) => {
            if (stored.checkpoints.views < stored.head) behind++;
            expectWhole(stored.events, product.acknowledged);
            await expectApplied(stored);
          });
        }
        const shown = await product.finish();
        await inspect(directory, async (stored) => {
          expectWhole(stored.events, product.acknowledged);
          await expectFolded(stored, shown, product.clock);
        });
      } finally {
        await product.stop();
        rmSync(directory, { recursive: true, force: true });
      }
    }, 120_000);
  }

  it('I6: the kills were hard enough', () => {
    process.stdout.write(`I6: ${kills} kills, the views behind the log in ${behind} of them\n`);
    expect(kills).toBeGreaterThanOrEqual(isFull ? 50 : 6);
    expect(behind / kills, 'too gentle: the views were behind in too few').toBeGreaterThanOrEqual(0.5);
  });
});

async function inspect(directory: string, look: (stored: Stored) => Promise<void>): Promise<void> {
  const stored = await openStored(directory);
  try {
    await look(stored);
  } finally {
    await stored.close();
  }
}

/** What the views' checkpoint says was applied is in the documents, as the log up to there says. */
async function expectApplied({ store, events, checkpoints, documents }: Stored): Promise<void> {
  const applied = events.filter(({ position }) => position <= checkpoints.views);
  const customers = new Map((await documents('customers')).map((row) => [row.document._id, row]));
  const aliases = new Set((await documents('aliases')).map(({ document }) => document._id));
  for (const { type, customerId } of applied) {
    if (type !== 'PurchaseRecorded' || customerId === null) continue;
    expect(customers.has(customerId) || aliases.has(customerId), `documents of ${customerId}`).toBe(true);
  }
  const policies = await readPolicies(store);
  for (const [id, { document, guard }] of customers) {
    // The fold is shared with the recorders, which may be further than the checkpoint.
    const isFurther = guard > checkpoints.views;
    const until = Number((document._times as { until: number }).until);
    const folded = await foldCustomer(store, id, policies, { until, upTo: isFurther ? guard : checkpoints.views });
    expect(folded).toBeDefined();
    if (folded !== undefined) expect(shownView(document)).toEqual(expectedView(folded.state, folded.ids));
  }
  const sales = applied.filter(({ type }) => type === 'PurchaseRecorded' || type === 'RefundRecorded');
  expect((await documents('sales-facts')).length).toBe(sales.length);
}

/** Every customer is shown as the log says, and what is recorded about them is what is derived. */
async function expectFolded(stored: Stored, shown: ReadonlyMap<string, object>, now: number): Promise<void> {
  const everyone = await foldEveryone(stored.store, stored.events, now);
  expect(new Set(shown.keys())).toEqual(new Set(everyone.keys()));
  for (const [id, { state, ids }] of everyone) expect(shownView(shown.get(id))).toEqual(expectedView(state, ids));
  expect(recordedOtherwise(everyone, stored.events), 'I23: recorded otherwise than derived').toEqual([]);
}
