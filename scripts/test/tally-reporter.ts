import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';
import { failed, type NotPassed, PASSED, skipped, sum, type Tally } from './tally.ts';

const listedSlowest = 12;

/**
 * Writes the tally of a run as JSON beside what people read. A file or suite that could not run is a failed test.
 * Says which files took longest.
 */
export class TallyReporter implements Reporter {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const uncaught = unhandled.map((error) => failed({ name: 'an error that no test caught', ...reasonOf([error]) }));
    writeFileSync(this.#file, JSON.stringify(sum([...modules.map(tallyOf), ...uncaught])));
    const timed = modules.map((module) => ({ name: module.relativeModuleId, ms: module.diagnostic().duration }));
    timed.sort((left, right) => right.ms - left.ms);
    console.log('\nThe slowest files, in seconds:');
    for (const { name, ms } of timed.slice(0, listedSlowest))
      console.log(`${(ms / 1_000).toFixed(0).padStart(6)}  ${name}`);
  }
}

function tallyOf(module: TestModule): Tally {
  const name = module.relativeModuleId;
  const tallies: Tally[] = module.errors().map((error) => failed({ name, ...reasonOf([error]) }));
  for (const suite of module.children.allSuites()) {
    tallies.push(...suite.errors().map((error) => failed({ name: nameOf(module, suite), ...reasonOf([error]) })));
  }
  for (const test of module.children.allTests()) tallies.push(tallyOfTest(nameOf(module, test), test));
  return sum(tallies);
}

function tallyOfTest(name: string, test: TestCase): Tally {
  const result = test.result();
  if (result.state === 'passed') return PASSED;
  if (result.state === 'skipped') return skipped(result.note === undefined ? { name } : { name, reason: result.note });
  // A test that is still pending at the end never came to one.
  return failed({ name, ...reasonOf(result.state === 'failed' ? result.errors : []) });
}

const nameOf = (module: TestModule, task: TestCase | TestSuite): string =>
  `${module.relativeModuleId} > ${task.fullName}`;

/** A property's failure begins with the values it was found with; what failed stands in its cause. */
function reasonOf(errors: readonly SerializedError[]): Pick<NotPassed, 'reason'> {
  const [error] = errors;
  if (error === undefined) return {};
  const causes = [error.message, error.cause?.message].filter((text) => text !== undefined);
  return { reason: stripVTControlCharacters(causes.reverse().join(' in ')) };
}
