import { join } from 'node:path';
import { startMongoDB } from '@tenure/testing/servers';
import type { Case } from '../harness/case.ts';
import { runChild } from '../harness/child.ts';
import type { Projected } from '../harness/project.ts';
import { rawBulkWrites } from '../harness/raw.ts';
import { purchasesFor } from '../harness/sizes.ts';

const GUARDED = 'in times of bulkWrite with the same guards';
const UPSERTS = 'in times of bulkWrite with nothing but upserts';
const ADAPTER = 'the read store alone, in times of the raw limit';
const WRITING = 'part of the time that is spent writing';

const program = new URL('../harness/project.ts', import.meta.url);

/** From an empty database until the views of all services have all of a log. */
export const mongoViewsCase: Case = {
  id: 'mongo-views',
  title: 'The projector on MongoDB, all views',
  unit: 'documents/s',
  rawIs: 'bulkWrite of the same documents',
  target: { of: 'ratio', atLeast: 0.7 },
  also: { [GUARDED]: { unit: 'x' }, [UPSERTS]: { unit: 'x' }, [ADAPTER]: { unit: 'x' }, [WRITING]: { unit: 'x' } },
  needs: ['MongoDB'],

  async measure({ sizes, stores, profile }) {
    const directory = await stores.copyOf(await stores.filled(purchasesFor(sizes.mongoEvents)));
    const batches = join(directory, 'batches.json');
    const mongo = await startMongoDB();
    try {
      const from = mongo.database();
      const { ms, writingMs, documents } = await runChild<Projected>(program, {
        args: [directory, mongo.url, from, batches],
        ...(profile === undefined ? {} : { nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${profile}`] }),
      });
      const same = { url: mongo.url, from, batches, documents };
      const raw = await rawBulkWrites({ ...same, to: mongo.database(), how: 'insert' });
      const guarded = await rawBulkWrites({ ...same, to: mongo.database(), how: 'guard' });
      const upserts = await rawBulkWrites({ ...same, to: mongo.database(), how: 'upsert' });
      const value = documents / (ms / 1_000);
      const adapter = documents / (writingMs / 1_000) / raw;
      return {
        value,
        raw,
        also: {
          [GUARDED]: value / guarded,
          [UPSERTS]: value / upserts,
          [ADAPTER]: adapter,
          [WRITING]: writingMs / ms,
        },
      };
    } finally {
      await mongo.stop();
      await stores.drop(directory);
    }
  },
};
