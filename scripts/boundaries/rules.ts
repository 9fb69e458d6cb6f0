import type { IRegularForbiddenRuleType } from 'dependency-cruiser';

const PORTS = ['packages/key-store', 'packages/event-store', 'packages/event-bus', 'packages/read-store'];
const PURE = ['packages/contracts', 'packages/domain'];
const BELOW_SERVICES = [...PURE, ...PORTS, 'packages/runtime'];
const SERVICES = ['profile', 'interaction', 'complaint', 'loyalty', 'analytics', 'audit'].map(
  (name) => `services/${name}`,
);

/**
 * What each part may import of the others: the chain contracts <- domain <- ports <- runtime <- services <- standalone
 * <- cli, and never sideways, but for a store that seals with keys and a bus that tails a store.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/contracts': [],
  'packages/domain': ['packages/contracts'],
  'packages/key-store': PURE,
  'packages/event-store': [...PURE, 'packages/key-store'],
  'packages/event-bus': [...PURE, 'packages/event-store', 'packages/key-store'],
  'packages/read-store': PURE,
  'packages/runtime': [...PURE, ...PORTS],
  'packages/testing': [...PURE, 'packages/runtime'],
  ...Object.fromEntries(SERVICES.map((service) => [service, BELOW_SERVICES])),
  'services/relay': BELOW_SERVICES,
  'services/gateway': BELOW_SERVICES,
  'services/standalone': [...BELOW_SERVICES, ...SERVICES, 'services/relay'],
  'packages/cli': [...BELOW_SERVICES, ...SERVICES, 'services/standalone', 'packages/testing'],
  tests: ['packages', 'services'],
  'tests/oracle': [],
  bench: ['packages', 'services'],
  scripts: [],
};

/** The folders that hold a port's adapters. */
const ADAPTER =
  'packages/(?:event-store|event-bus|key-store|read-store)/src/(?:sqlite|embedded|eventstoredb|kafka|mongodb)/';
const UNIT_TEST = '\\.test\\.ts$';
/** Contract suites, and what a package keeps for its own tests. */
const FIXTURES = '/src/.*\\b(?:testing|fixtures)/';
const FOR_TESTS = ['/src/contract[./-]', FIXTURES];
const OURS = '^(?:packages|services|tests|bench|scripts)/';

const anyOf = (folders: readonly string[]): string => `^(?:${folders.join('|')})/`;
const forbid = (
  name: string,
  comment: string,
  rule: Pick<IRegularForbiddenRuleType, 'from' | 'to'>,
): IRegularForbiddenRuleType => ({
  name,
  comment,
  severity: 'error',
  ...rule,
});

const layers = Object.entries(MAY_IMPORT).map(([part, allowed]) =>
  forbid(`layer:${part}`, `${part} may import ${allowed.length > 0 ? allowed.join(', ') : 'no other part'}`, {
    // A test beside the source may also use what is made for tests.
    from: {
      path: `^${part}/`,
      pathNot: allowed.includes('packages/testing') ? [] : [UNIT_TEST, FIXTURES, ...inner(part)],
    },
    to: { path: OURS, pathNot: anyOf([part, ...allowed]) },
  }),
);
const layersOfTests = Object.entries(MAY_IMPORT).map(([part, allowed]) =>
  forbid(`layer:${part}:tests`, `a test in ${part} may import what ${part} may, and packages/testing`, {
    from: { path: [`^${part}/.*${UNIT_TEST}`, `^${part}${FIXTURES}`], pathNot: inner(part) },
    to: { path: OURS, pathNot: anyOf([part, ...allowed, ...(part === 'tests/oracle' ? [] : ['packages/testing'])]) },
  }),
);

/** Parts inside a part, which have a rule of their own. */
function inner(part: string): string[] {
  return Object.keys(MAY_IMPORT)
    .filter((other) => other.startsWith(`${part}/`))
    .map((other) => `^${other}/`);
}

/** What must never be imported, over the whole workspace. Paths are relative to its root. */
export const rules: IRegularForbiddenRuleType[] = [
  ...layers,
  ...layersOfTests,
  forbid('unknown-part', 'A new package or service gets its line in MAY_IMPORT first.', {
    from: { path: OURS, pathNot: anyOf(Object.keys(MAY_IMPORT)) },
    to: {},
  }),
  forbid('by-name', 'Another package is imported by its name, so that its exports are its door.', {
    from: { path: '^((?:packages|services)/[^/]+|tests|bench)/' },
    to: { path: OURS, pathNot: '^$1/', dependencyTypes: ['local'] },
  }),
  forbid('cycle', 'Modules that import each other are one idea in two files, or hide a third.', {
    from: {},
    to: { circular: true },
  }),
  forbid('unresolved', 'An import that leads nowhere is one that no other rule sees.', {
    from: {},
    to: { couldNotResolve: true },
  }),
  forbid('adapter-of-own-port', 'A port and its entry know no adapter: nobody loads a driver they do not use.', {
    from: { path: '^(packages/[^/]+)/src/', pathNot: [ADAPTER, UNIT_TEST] },
    to: { path: `^(?=$1/)${ADAPTER}` },
  }),
  forbid('adapter', 'Adapters are chosen where a process is put together, not where it decides or answers.', {
    from: {
      path: '^(?:packages|services)/',
      pathNot: [
        ADAPTER,
        UNIT_TEST,
        '^packages/(?:runtime|cli|testing)/',
        '^services/standalone/',
        '^services/[^/]+/src/main\\.ts$',
        '^services/relay/',
        '^packages/(?:event-store|event-bus|key-store|read-store)/',
      ],
    },
    to: { path: ADAPTER },
  }),
  forbid('sqlite', 'Only the embedded adapters know SQLite, and an import that sorts a file bigger than memory.', {
    from: { path: '^(?:packages|services)/', pathNot: [ADAPTER, '^packages/cli/src/import/row-table\\.ts$'] },
    to: { path: '^(?:node:)?sqlite$' },
  }),
  forbid('pure-domain', 'The domain decides without I/O: no module of Node, no library but for calendars.', {
    from: { path: '^packages/domain/', pathNot: [UNIT_TEST, ...FOR_TESTS] },
    to: { pathNot: ['^packages/', '/node_modules/@js-temporal/polyfill/', '^@js-temporal/polyfill$'] },
  }),
  forbid('pure-contracts', 'The published language does no I/O.', {
    from: { path: '^packages/contracts/', pathNot: UNIT_TEST },
    to: { dependencyTypes: ['core'] },
  }),
  forbid('tests-are-ends', 'Nothing imports a test.', { from: {}, to: { path: UNIT_TEST } }),
  forbid('for-tests', 'What is made for tests is used by tests.', {
    from: { pathNot: [UNIT_TEST, ...FOR_TESTS, '^(?:tests|bench|packages/testing)/'] },
    to: { path: FOR_TESTS },
  }),
  forbid('test-tools', 'What a process runs does not load test tools.', {
    from: { path: '^(?:packages|services)/', pathNot: [UNIT_TEST, ...FOR_TESTS, '^packages/testing/'] },
    to: { path: '/node_modules/(?:vitest|fast-check)/' },
  }),
];
