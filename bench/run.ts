// `npm run bench`: measures what is promised about speed, each beside what the machine can do at most.
import { measure } from './measure.ts';
import { readOptions, UsageError } from './options.ts';
import { tableOf } from './report/table.ts';

const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;

try {
  const options = readOptions(process.argv.slice(2));
  const results = await measure(options, options.json ? () => undefined : console.log);
  console.log(options.json ? JSON.stringify(results) : `\n${tableOf(results)}`);
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? error.message : error);
  // What was started for a case that failed ends with this process.
  process.exit(isUsage ? EXIT_WRONG_USE : EXIT_FAILED);
}
