import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { FAILED, PASSED, sum, type Tally } from './tally.ts';

/** Writes the tally of a run as JSON beside what people read. A file or suite that could not run is a failed test. */
export class TallyReporter implements Reporter {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    writeFileSync(this.#file, JSON.stringify(sum([...modules.map(tallyOf), ...unhandled.map(() => FAILED)])));
  }
}

function tallyOf(module: TestModule): Tally {
  const tallies: Tally[] = module.errors().map(() => FAILED);
  for (const suite of module.children.allSuites()) tallies.push(...suite.errors().map(() => FAILED));
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === 'passed') tallies.push(PASSED);
    else if (result.state === 'skipped')
      tallies.push(skipped(`${module.relativeModuleId} > ${test.fullName}`, result.note));
    // A test that is still pending at the end never came to one.
    else tallies.push(FAILED);
  }
  return sum(tallies);
}

const skipped = (name: string, note: string | undefined): Tally => ({
  passed: 0,
  failed: 0,
  skipped: [note === undefined ? { name } : { name, reason: note }],
});
