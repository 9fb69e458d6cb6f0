import { defineConfig } from 'vitest/config';
import { TallyReporter } from './scripts/test/tally-reporter.ts';

// Where `npm test` wants the counts.
const tally = process.env.TENURE_TEST_TALLY;

const patienceMs = process.env.TENURE_TEST_FULL === '1' ? 240_000 : 30_000;

export default defineConfig({
  test: {
    include: ['{packages,services}/*/src/**/*.test.ts', '{tests,bench,scripts}/**/*.test.ts'],
    setupFiles: ['scripts/test/known-seed.ts'],
    // Node itself loads every module, as in production: it strips the types, `import.meta.url` is a file's URL, worker
    // threads start from `.ts` files, and a module that two packages import is one module. It means no `vi.mock`.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // A process a file: a test may open databases, start threads, get signals and set variables.
    pool: 'forks',
    maxWorkers: 2,
    // The long runs take their time, on machines that do other things too.
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
    teardownTimeout: 10_000,
    reporters: tally === undefined ? ['default'] : ['default', new TallyReporter(tally)],
  },
});
