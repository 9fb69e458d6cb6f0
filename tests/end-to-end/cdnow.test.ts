import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyoneAt, type Fact, readCdnow, sales } from '../oracle/index.ts';
import { type EnginesUnderTest, engineSets } from '../support/engines.ts';
import { publishedFact } from '../support/publish.ts';
import { cdnowFile, hasData } from '../support/retail.ts';
import { type Running, start } from '../support/running.ts';

const now = '1999-01-01T00:00:00.000Z';

describe.each(engineSets)('CDNOW, end to end ($name)', ({ missing, open }) => {
  const needed = hasData ? missing : 'TENURE_TEST_DATA';
  if (needed !== undefined) {
    it('answers as the data demands', (test) => test.skip(`it needs ${needed}`));
    return;
  }
  let engines: EnginesUnderTest;
  let running: Running;
  let facts: readonly Fact[];
  beforeAll(async () => {
    facts = readCdnow(cdnowFile);
    engines = await open();
    running = await start({ now, engines });
    await running.publish(facts.map(publishedFact));
    await running.settled();
  }, 600_000);
  afterAll(async () => {
    await running?.stop();
    await engines?.close();
  });

  it("I22: sales are the file's", async () => {
    const { body } = await running.report('/v1/analytics/sales');
    expect(body.items).toMatchObject([{ currency: 'USD', orders: 6919, buyers: 2357, netMinor: 24_409_194 }]);
    const { USD } = sales(facts, {});
    expect(USD).toMatchObject({ orders: 6919, netMinor: 24_409_194 });
  });

  it('stages and tiers are those of the second reckoning', async () => {
    const expected = [...everyoneAt(facts, Date.parse(now)).values()];
    const count = (tier: string): number => expected.filter((view) => view.tier === tier).length;
    const { counts } = (await running.report('/v1/analytics/tiers')).body;
    expect(counts).toEqual({ none: count('none'), silver: count('silver'), gold: count('gold') });
    const stages = (await running.report('/v1/analytics/lifecycle')).body.counts;
    for (const stage of ['new', 'active', 'loyal', 'at-risk', 'churned', 'won-back']) {
      expect(stages[stage], stage).toBe(expected.filter((view) => view.stage === stage).length);
    }
  });
});
