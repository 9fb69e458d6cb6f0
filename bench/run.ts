// `npm run bench`: measures what is promised about speed, each beside what the machine can do at most.
import { missingFor } from './harness/servers.ts';
import { measure } from './measure.ts';
import { readOptions, UsageError } from './options.ts';
import { tableOf } from './report/table.ts';

const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;

try {
  const options = readOptions(process.argv.slice(2));
  const skipped = options.cases.flatMap((one) => {
    const missing = missingFor(one.needs ?? []);
    return missing === undefined ? [] : [{ id: one.id, text: `SKIPPED ${one.id}: ${missing}` }];
  });
  const sayWhatIsSkipped = (): void => {
    for (const { text } of skipped) console.error(text);
  };
  sayWhatIsSkipped();
  const cases = options.cases.filter(({ id }) => !skipped.some((one) => one.id === id));
  if (cases.length === 0) process.exit(EXIT_FAILED);
  const results = await measure({ ...options, cases }, options.json ? () => undefined : console.log);
  console.log(options.json ? JSON.stringify(results) : `\n${tableOf(results)}`);
  // Again where it is seen: what has scrolled by was not measured either.
  sayWhatIsSkipped();
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? error.message : error);
  // What was started for a case that failed ends with this process.
  process.exit(isUsage ? EXIT_WRONG_USE : EXIT_FAILED);
}
