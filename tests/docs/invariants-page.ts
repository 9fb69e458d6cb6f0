import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** What must never break. Numbers are for ever: tests, code and people refer to them. */
const invariants: ReadonlyMap<string, string> = new Map([
  ['I1', '`decide` never emits an event that `evolve` rejects'],
  ['I2', 'The fold of events of old versions is that of the same events, lifted to the current version'],
  ['I3', 'N writers on one stream: revisions have no gap, no update is lost, losers get a conflict'],
  ['I4', 'A command retried after an unknown result happens once'],
  ['I5', 'Whatever the bus duplicates, reorders within its promise, or replays: views are the pure fold of the log'],
  ['I6', 'Every acknowledged write survives kill -9; a checkpoint never runs ahead of what was applied'],
  ['I8', 'A rebuild while writing cuts over with no gap and nothing twice'],
  ['I10', 'A full disk: refused cleanly, no torn record, goes on when there is room'],
  ['I11', "Order comes from positions and content, not from a process's clock; a clock that jumps breaks no timer"],
  ['I12', 'A poison event is parked with its reason; its customer waits, all others go on; replay heals'],
  ['I13', 'Under overload accepted requests stay fast, the rest get 503 and Retry-After, memory is bounded'],
  ['I14', 'A slow consumer costs bounded memory and resumes where it was'],
  ['I15', 'SIGTERM under load loses no accepted request and exits within its grace'],
  ['I17', 'Events of version N-1 and N+1 are read without harm'],
  ['I18', 'No input makes a 500, 501, 502 or an answer later than 10 s'],
  ['I21', 'Sum of lots - debt = balance = fold of the movements; no lot below zero'],
  ['I22', "Money is never a float; totals of any import equal the file's"],
  ['I23', 'Recorded derivations that stand = `derive(facts, policies)`, for every customer at every position'],
]);

/** Invariants that every one of these has to have a test for. */
const numbers = [...invariants.keys()];

/** Each invariant, with the tests whose titles cite it. */
export function invariantsPage(root: string): string {
  const shownBy = new Map(numbers.map((number): [string, Set<string>] => [number, new Set()]));
  const files = globSync(['{packages,services}/*/src/**/*.ts', '{tests,scripts}/**/*.test.ts'], {
    cwd: root,
    exclude: (name) => name.includes('node_modules'),
  });
  for (const file of files.map((name) => name.replaceAll('\\', '/')).sort()) {
    if (!/\.test\.ts$|\/contract(\/|\.ts$)/.test(file)) continue;
    const text = readFileSync(resolve(root, file), 'utf8');
    for (const [, cited = ''] of text.matchAll(/\(\s*[`'"]((?:I\d+(?:, (?=I))?)+): /g)) {
      for (const [number] of cited.matchAll(/I\d+/g)) shownBy.get(number)?.add(file);
    }
  }
  const rows = [...shownBy].map(
    ([number, tests]) =>
      `| ${number} | ${invariants.get(number)} | ${[...tests].map((file) => `[${nameOf(file)}](../${file})`).join(', ')} |`,
  );
  return `# Invariants

What must never break, and the tests whose titles cite the number.

| # | Invariant | Shown by |
|---|---|---|
${rows.join('\n')}
`;
}

function nameOf(file: string): string {
  return file.split('/').slice(-1).join('').replace(/\.ts$/, '');
}
