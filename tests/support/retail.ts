import { join } from 'node:path';
import { type Fact, readOnlineRetail } from '../oracle/index.ts';

const directory = process.env.TENURE_TEST_DATA;
export const retailFile = join(directory ?? '', 'online-retail-2010-12_2011-02.csv.gz');
export const cdnowFile = join(directory ?? '', 'cdnow-sample.txt');

/** Tests on real data are skipped, and said so, where it is not. */
export const hasData = directory !== undefined;
if (!hasData) process.stderr.write('SKIPPED: TENURE_TEST_DATA does not say where the real data is\n');

export { type Fact, readOnlineRetail };
