import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EnginesOfSystem, type EnginesUnderTest, engineSets } from '../support/engines.ts';
import { contact, purchase } from '../support/facts.ts';
import { type Body, type Running, start, until } from '../support/running.ts';
import { hasEnded, jobOnce, runJob } from '../support/view-jobs.ts';

const now = '2026-03-01T00:00:00.000Z';
const instantOf = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 3_600_000).toISOString();
const history = Array.from({ length: 120 }, (_, n) => [
  purchase(`h${n}`, `K${n % 15}`, instantOf(n)),
  contact(`c${n}`, `K${n % 15}`, instantOf(n)),
]).flat();
const patienceMs = 480_000;

const set = engineSets.find(({ isFast }) => !isFast);
const title = set?.missing === undefined ? '' : ` (SKIPPED: needs ${set.missing})`;

describe.skipIf(set?.missing !== undefined)(
  `two processes that share their views${title}`,
  { timeout: patienceMs },
  () => {
    let engines: EnginesUnderTest | undefined;
    let system: EnginesOfSystem | undefined;
    const processes: Running[] = [];
    const startOne = async (): Promise<Running> => {
      const one = await start({ now, env: system?.env ?? {} });
      processes.push(one);
      return one;
    };
    beforeAll(async () => {
      engines = await set?.open();
      system = await engines?.create();
    }, patienceMs);
    afterAll(async () => {
      for (const one of processes) await one.stop();
      await system?.close();
      await engines?.close();
    }, patienceMs);

    it('I8: go over to the same version, whichever was asked, and whoever lives goes on with what another began', async () => {
      const [first, second] = [await startOne(), await startOne()];
      await first.publish(history);
      await Promise.all([first.settled(), second.settled()]);
      const shown = async (from: Running): Promise<Body> => (await from.get('/v1/customers?sort=id')).body.items;
      const before = await shown(first);
      expect(before).toHaveLength(15);

      const job = await runJob(first, 'rebuilds', { view: 'all' });
      expect(job).toMatchObject({ status: 'switched', failure: null, comparison: { differences: 0 } });
      await until(() => second.views().version === job.version);
      expect(await shown(second)).toEqual(before);
      await second.publish([purchase('x', 'K1', instantOf(300))]);
      await Promise.all([first.settled(), second.settled()]);
      expect(await shown(first)).toEqual(await shown(second));
      expect(await shown(first)).not.toEqual(before);
      const found = await runJob(second, 'verifications', {});
      expect(found).toMatchObject({ status: 'done', comparison: { differences: 0, unsettled: 0 } });

      const path = `/v1/audit/rebuilds/${job.id}`;
      await until(async () => (await second.post(`${path}/drop`, undefined)).body.kept === null);
      expect((await jobOnce(first, path, ({ kept }) => kept === null)).kept).toBeNull();

      // It takes a second or two: the second process reads of it before it begins one, not when it looks next.
      const other = (await first.post('/v1/audit/rebuilds', { view: 'customers' })).body;
      const refused = await second.post('/v1/audit/rebuilds', { view: 'all' });
      await processes.shift()?.stop();
      expect(refused.status).toBe(409);
      await until(async () => (await second.get(`/v1/audit/rebuilds/${other.id}`)).status === 200);
      expect((await second.get(`/v1/audit/rebuilds/${other.id}`)).body.endedAt).toBeNull();
      const ended = await jobOnce(second, `/v1/audit/rebuilds/${other.id}`, hasEnded);
      expect(ended).toMatchObject({ status: 'switched', failure: null });
      expect(second.views().version).toBe(other.version);
      await second.settled();
      expect((await second.get('/v1/customers')).body.items).toHaveLength(15);
    });
  },
);
