import type { EventOfType } from '@tenure/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, type Happening } from '../decider.ts';
import { givenFor, runCommands } from '../testing/given.ts';
import { isoInstant } from '../time/calendar.ts';
import { maxExtensionAttributes } from './change-attributes.ts';
import { maxContactPoints } from './change-contact-points.ts';
import {
  type AttributeInput,
  type ChangeProfile,
  type ContactPointInput,
  type LinkKey,
  type ProfileCommand,
  profileDecider,
  type RegisterByFact,
  type RegisterCustomer,
} from './profile.ts';
import { holding, type ProfileState } from './state.ts';

const given = givenFor(profileDecider);
const [ann, bob, cem] = ['a'.repeat(32), 'b'.repeat(32), 'c'.repeat(32)];
const noon = Date.UTC(2011, 0, 18, 12);
const hour = 3_600_000;
const iso = (hours: number) => isoInstant(noon + hours * hour);

const key = { customerId: ann, source: 'web-shop', key: '17850', occurredAt: noon };
const byFact: RegisterByFact = { type: 'RegisterByFact', ...key };
const register: RegisterCustomer = { type: 'RegisterCustomer', ...key, kind: 'person', contentHash: 'one' };
const change = (rest: Partial<ChangeProfile>): ChangeProfile => ({
  type: 'ChangeProfile',
  occurredAt: noon + 9 * hour,
  ...rest,
});

const envelope = { customerId: ann, occurredAt: noon };
const registered = (via: 'fact' | 'registration'): Happening<EventOfType<'CustomerRegistered'>> => ({
  type: 'CustomerRegistered',
  data: { source: 'web-shop', via },
  personal: { key: '17850' },
  ...envelope,
});
const completed: Happening<EventOfType<'ProfileCompleted'>> = {
  type: 'ProfileCompleted',
  data: { kind: 'person', contentHash: 'one' },
  ...envelope,
};
const known = [registered('fact')];

const seen = (value: AttributeInput['value'], hours: number, source: AttributeInput['source'] = 'sales') => ({
  value,
  source,
  observedAt: iso(hours),
});
const country = (value: string | null, hours: number): Happening<EventOfType<'AttributesChanged'>> => ({
  type: 'AttributesChanged',
  data: { changes: [{ name: 'country', category: 'contact', source: 'sales', observedAt: iso(hours), value }] },
  customerId: ann,
  occurredAt: noon + hours * hour,
});
const held = (state: ProfileState, name: string) =>
  state.status === 'unknown' ? undefined : holding(state.attributes.get(name) ?? [])?.value;

describe('registering', () => {
  test('by a fact', () =>
    given([])
      .when(byFact)
      .then([registered('fact')]));
  test('by a fact again is unchanged', () => given(known).when(byFact).then('unchanged'));
  test('by a registration', () =>
    given([])
      .when(register)
      .then([registered('registration'), completed]));
  test('by a registration completes what a fact began', () => given(known).when(register).then([completed]));
  test('the same again is unchanged', () =>
    given([...known, completed])
      .when(register)
      .then('unchanged'));

  test('otherwise again is refused', () =>
    given([...known, completed])
      .when({ ...register, contentHash: 'two' })
      .then({ code: 'already-registered' }));

  const point: ContactPointInput = {
    id: cem,
    kind: 'email',
    value: 'Ann@Example.org',
    source: 'web',
    observedAt: iso(-1),
  };

  test('with attributes and contact points, each dated by its observation', () =>
    given([])
      .when({ ...register, attributes: { country: seen('GB', -2) }, contactPoints: [point] })
      .then([
        registered('registration'),
        completed,
        country('GB', -2),
        {
          type: 'ContactPointAdded',
          data: { contactPointId: cem, kind: 'email', verified: false, source: 'web', observedAt: iso(-1) },
          personal: { value: 'ann@example.org' },
          customerId: ann,
          occurredAt: noon - hour,
        },
      ]));

  test('with a fault in it registers nobody', () => {
    given([])
      .when({ ...register, attributes: { shoeSize: seen('42', 0) } })
      .then({ code: 'unknown-attribute', pointer: '/attributes/shoeSize' });
    given([])
      .when({ ...register, contactPoints: [point, { ...point, id: bob, value: 'ann' }] })
      .then({ code: 'invalid-contact-point', pointer: '/contactPoints/1/value' });
  });

  test('another customer here is a fault of the caller', () => {
    expect(() => given(known).when({ ...register, customerId: bob })).toThrow(/another customer/);
    expect(() => given(known).when({ ...byFact, customerId: bob })).toThrow(/another customer/);
  });
});

describe('attributes', () => {
  test('personal ones keep their value apart', () =>
    given(known)
      .when(change({ attributes: { givenName: seen('Ann', 1), country: seen('GB', 1) } }))
      .then([
        {
          type: 'AttributesChanged',
          data: {
            changes: [
              { name: 'givenName', category: 'basic', source: 'sales', observedAt: iso(1) },
              { name: 'country', category: 'contact', source: 'sales', observedAt: iso(1), value: 'GB' },
            ],
          },
          personal: { values: { givenName: 'Ann' } },
          customerId: ann,
          occurredAt: noon + hour,
        },
      ]));

  test('one event for each instant of observation, earliest first', () =>
    given(known)
      .when(change({ attributes: { country: seen('GB', 2), industry: seen('toys', 1) } }))
      .then([
        {
          ...country('', 1),
          data: {
            changes: [{ name: 'industry', category: 'basic', source: 'sales', observedAt: iso(1), value: 'toys' }],
          },
        },
        country('GB', 2),
      ]));

  test('taken away, a personal one is known to be gone', () => {
    const [event] = runCommands(profileDecider, [
      byFact,
      change({ attributes: { givenName: seen(null, 1) } }),
    ]).events.slice(1);
    expect(event?.data).toMatchObject({ changes: [{ name: 'givenName', value: null }] });
    expect(event?.personal).toBeUndefined();
  });

  test('the same observation again is unchanged, also an older one', () => {
    const events = [...known, country('GB', 1), country('FR', 2)];
    given(events)
      .when(change({ attributes: { country: seen('FR', 2) } }))
      .then('unchanged');
    given(events)
      .when(change({ attributes: { country: seen('GB', 1) } }))
      .then('unchanged');
  });

  test('the same value from another source is an observation of its own', () => {
    const attributes = { country: seen('GB', 1, 'survey') };
    const { decisions } = runCommands(profileDecider, [
      byFact,
      change({ attributes: { country: seen('GB', 1) } }),
      change({ attributes }),
    ]);
    expect(decisions[2]?.kind).toBe('accepted');
  });

  test('an older observation is kept and does not hold; of one instant the last to arrive does', () => {
    const state = fold(profileDecider, [...known, country('FR', 2), country('GB', 1)]);
    expect(held(state, 'country')).toBe('FR');
    expect(held(fold(profileDecider, [...known, country('FR', 2), country('GB', 2)]), 'country')).toBe('GB');
    expect(held(fold(profileDecider, [...known, country('FR', 2), country(null, 3)]), 'country')).toBeNull();
  });

  test('an erased value is unknown, not gone', () => {
    const { events } = runCommands(profileDecider, [byFact, change({ attributes: { givenName: seen('Ann', 1) } })]);
    const state = fold(profileDecider, events.map(({ personal: _, ...event }) => event) as typeof events);
    expect(held(state, 'givenName')).toBeUndefined();
    expect(state).toMatchObject({ attributes: new Map([['givenName', [{ observedAt: noon + hour }]]]) });
  });

  test('unknown names and wrong values name the field', () => {
    given(known)
      .when(change({ attributes: { 'shoe/size': seen('42', 1) } }))
      .then({ code: 'unknown-attribute', pointer: '/attributes/shoe~1size' });
    given(known)
      .when(change({ attributes: { country: seen('GB', 1), birthDate: seen('2001-02-29', 1) } }))
      .then({ code: 'invalid-attribute', pointer: '/attributes/birthDate/value' });
  });

  test('extensions are limited in number', () => {
    const some = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${from + n}`, seen('1', 1)]));
    const { events } = runCommands(profileDecider, [
      byFact,
      change({ attributes: some(0, maxExtensionAttributes - 1) }),
    ]);
    given(events)
      .when(change({ attributes: some(1000, 2) }))
      .then({ code: 'too-many-attributes', pointer: '/attributes/x-1001' });
    const again = runCommands(profileDecider, [byFact, change({ attributes: some(0, maxExtensionAttributes) })]);
    expect(profileDecider.decide(change({ attributes: { 'x-0': seen('2', 2) } }), again.state).kind).toBe('accepted');
  });
});

describe('contact points', () => {
  const phone: ContactPointInput = {
    id: cem,
    kind: 'phone',
    value: '+86 10 6552-9988',
    source: 'sales',
    observedAt: iso(1),
  };
  const added: Happening<EventOfType<'ContactPointAdded'>> = {
    type: 'ContactPointAdded',
    data: { contactPointId: cem, kind: 'phone', verified: false, source: 'sales', observedAt: iso(1) },
    personal: { value: '+861065529988' },
    customerId: ann,
    occurredAt: noon + hour,
  };
  const about = (hours: number) => ({
    data: { contactPointId: cem },
    customerId: ann,
    occurredAt: noon + hours * hour,
  });
  const verified = (hours: number) => ({ type: 'ContactPointVerified' as const, ...about(hours) });
  const removed = (hours: number) => ({ type: 'ContactPointRemoved' as const, ...about(hours) });
  const add = (rest: Partial<ContactPointInput> = {}) => change({ contactPoints: { add: [{ ...phone, ...rest }] } });
  const verify = change({ contactPoints: { verify: [cem] } });
  const remove = change({ contactPoints: { remove: [cem] } });

  test('are added in normal form', () => given(known).when(add()).then([added]));
  test('added again are unchanged', () =>
    given([...known, added])
      .when(add({ observedAt: iso(5) }))
      .then('unchanged'));
  test('added again as verified become so', () =>
    given([...known, added])
      .when(add({ verified: true, observedAt: iso(0) }))
      .then([verified(1)]));
  test('are verified', () =>
    given([...known, added])
      .when(verify)
      .then([verified(9)]));
  test('verified again are unchanged', () =>
    given([...known, added, verified(2)])
      .when(verify)
      .then('unchanged'));
  test('are removed', () =>
    given([...known, added])
      .when(remove)
      .then([removed(9)]));
  test('removed again are unchanged', () =>
    given([...known, added, removed(2)])
      .when(remove)
      .then('unchanged'));
  test('seen again after they were removed are added again', () =>
    given([...known, added, removed(2)])
      .when(add({ observedAt: iso(3) }))
      .then([{ ...added, data: { ...added.data, observedAt: iso(3) }, occurredAt: noon + 3 * hour }]));
  test('may change twice in one instant', () => {
    const now = { occurredAt: noon + hour };
    given([...known, added])
      .when({ ...verify, ...now })
      .then([verified(1)]);
    given([...known, added])
      .when({ ...remove, ...now })
      .then([removed(1)]);
    given([...known, added, removed(1)])
      .when(add())
      .then([added]);
  });
  test('seen before they were removed stay removed', () =>
    given([...known, added, removed(2)])
      .when(add())
      .then({ code: 'out-of-order', pointer: '/contactPoints/add/0/observedAt' }));

  test('that are unknown or removed cannot be verified', () => {
    const refusal = { code: 'unknown-contact-point', pointer: '/contactPoints/verify/0' };
    given(known).when(verify).then(refusal);
    given([...known, added, removed(2)])
      .when(verify)
      .then(refusal);
    given(known).when(remove).then({ code: 'unknown-contact-point', pointer: '/contactPoints/remove/0' });
  });

  test('are not verified or removed before they were known', () => {
    const early = { occurredAt: noon };
    given([...known, added])
      .when({ ...verify, ...early })
      .then({ code: 'out-of-order', pointer: '/occurredAt' });
    given([...known, added])
      .when({ ...remove, ...early })
      .then({ code: 'out-of-order', pointer: '/occurredAt' });
  });

  test('that cannot be are refused', () =>
    given(known)
      .when(add({ value: '12' }))
      .then({ code: 'invalid-contact-point', pointer: '/contactPoints/add/0/value' }));

  test('are limited in number', () => {
    const add = Array.from({ length: maxContactPoints + 1 }, (_, n) => ({ ...phone, id: `${n}`.padStart(32, '0') }));
    given(known)
      .when(change({ contactPoints: { add } }))
      .then({ code: 'too-many-contact-points', pointer: `/contactPoints/add/${maxContactPoints}` });
  });

  test('cannot be changed otherwise', () => {
    expect(() => given([...known, added, added])).toThrow(/is there/);
    expect(() => given([...known, verified(2)])).toThrow(/no such/);
    expect(() => given([...known, added, verified(2), verified(3)])).toThrow(/is verified/);
    expect(() => given([...known, added, removed(2), removed(3)])).toThrow(/no such/);
    expect(() => given([...known, added, removed(0)])).toThrow(/back in time/);
  });
});

describe('the mark of a key account', () => {
  const marked = (key: boolean, hours: number): Happening<EventOfType<'KeyAccountMarked'>> => ({
    type: 'KeyAccountMarked',
    data: { key },
    customerId: ann,
    occurredAt: noon + hours * hour,
  });
  const mark = (keyAccount: boolean, hours = 9) => change({ keyAccount, occurredAt: noon + hours * hour });

  test('is given and taken back', () => {
    given(known)
      .when(mark(true))
      .then([marked(true, 9)]);
    given([...known, marked(true, 1)])
      .when(mark(false))
      .then([marked(false, 9)]);
  });
  test('given again is unchanged', () =>
    given([...known, marked(true, 1)])
      .when(mark(true))
      .then('unchanged'));
  test('that was never given is not taken back', () => given(known).when(mark(false)).then('unchanged'));
  test('may change twice in one instant', () =>
    given([...known, marked(true, 9)])
      .when(mark(false))
      .then([marked(false, 9)]));
  test('cannot be changed otherwise', () => {
    expect(() => given([...known, marked(true, 2), marked(false, 1)])).toThrow(/back in time/);
    expect(() => given([...known, marked(false, 1)])).toThrow(/changes nothing/);
  });
  test('cannot change before it last did', () =>
    given([...known, marked(true, 10)])
      .when(mark(false))
      .then({ code: 'out-of-order', pointer: '/occurredAt' }));
});

describe('linking', () => {
  const link: LinkKey = { type: 'LinkKey', otherCustomerId: bob, occurredAt: noon };
  const linked: Happening<EventOfType<'KeyLinked'>> = {
    type: 'KeyLinked',
    data: { otherCustomerId: bob },
    ...envelope,
  };

  test('another key', () => given(known).when(link).then([linked]));
  test('again is unchanged', () =>
    given([...known, linked])
      .when(link)
      .then('unchanged'));
  test('to itself is refused', () =>
    given(known)
      .when({ ...link, otherCustomerId: ann })
      .then({ code: 'self-link', pointer: '/customer' }));
  test('cannot be otherwise', () => {
    expect(() => given([...known, linked, linked])).toThrow(/are linked/);
    expect(() => given([...known, { ...linked, data: { otherCustomerId: ann } }])).toThrow(/to itself/);
  });
  test('an unknown customer is refused', () => given([]).when(link).then({ code: 'not-found' }));
});

test('a change of nobody is refused', () => given([]).when(change({})).then({ code: 'not-found' }));
test('a change of nothing is unchanged', () => given(known).when(change({})).then('unchanged'));

test('a change is made as a whole or not at all', () =>
  given(known)
    .when(change({ attributes: { country: seen('GB', 1) }, keyAccount: true, contactPoints: { remove: [cem] } }))
    .then({ code: 'unknown-contact-point', pointer: '/contactPoints/remove/0' }));

test('what cannot be', () => {
  expect(() => given([completed])).toThrow(/nobody is registered/);
  expect(() => given([...known, ...known])).toThrow(/cannot follow/);
  expect(() => given([...known, completed, completed])).toThrow(/cannot follow/);
  expect(() => given([...known, { ...completed, customerId: bob }])).toThrow(/another customer/);
  expect(() => given([{ ...registered('fact'), customerId: null }])).toThrow(/names no customer/);
});

const settings = { numRuns: 300 };
const hours = fc.integer({ min: 0, max: 6 });
const instants = hours.map((n) => noon + n * hour);
const values = fc.constantFrom('GB', 'FR');
const names = fc.constantFrom('country', 'givenName', 'x-a', 'x-b');
const observed = (value: fc.Arbitrary<AttributeInput['value']>) =>
  fc.tuple(value, hours).map(([value, at]) => seen(value, at));
// Mostly such as are accepted: a fault anywhere refuses the whole command.
const attributes = fc.oneof(
  { weight: 9, arbitrary: fc.dictionary(names, observed(fc.option(values)), { maxKeys: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('country', 'nothing'), observed(fc.constantFrom(3, 'x'))) },
);
const ids = fc.constantFrom(bob, cem);
const numbers = fc.constantFrom('+44 20 7946 0018', '0044 20 7946 0018', '?');
const points = fc
  .record({
    id: ids,
    verified: fc.boolean(),
    observedAt: hours.map(iso),
    value: numbers,
  })
  .map((rest): ContactPointInput => ({ kind: 'phone', source: 'sales', ...rest }));
const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 2 });
const contactPoints = fc.record({ add: few(points), verify: few(ids), remove: few(ids) }, { requiredKeys: [] });
const commands: fc.Arbitrary<ProfileCommand> = fc.oneof(
  fc.constant(byFact),
  fc
    .record({ attributes, contactPoints: few(points), contentHash: fc.constantFrom('h1', 'h2'), occurredAt: instants })
    .map((rest) => ({ ...register, ...rest })),
  fc.record({ attributes, contactPoints, keyAccount: fc.boolean(), occurredAt: instants }).map(change),
  fc.record({ attributes, occurredAt: instants }).map(change),
  fc.record({ contactPoints, occurredAt: instants }).map(change),
  fc.record({ keyAccount: fc.boolean(), occurredAt: instants }).map(change),
  fc.constantFrom(ann, bob).map((otherCustomerId) => ({ type: 'LinkKey' as const, otherCustomerId, occurredAt: noon })),
);

test('I1: decide never emits an event that evolve rejects', () => {
  const types = new Set<string>();
  const property = fc.property(fc.array(commands, { maxLength: 20, size: 'max' }), (list) => {
    for (const event of runCommands(profileDecider, list).events) types.add(event.type);
  });
  fc.assert(property, settings);
  expect([...types].sort()).toEqual([
    'AttributesChanged',
    'ContactPointAdded',
    'ContactPointRemoved',
    'ContactPointVerified',
    'CustomerRegistered',
    'KeyAccountMarked',
    'KeyLinked',
    'ProfileCompleted',
  ]);
});

test('the latest observation holds, in whatever order they arrive', () => {
  const observations = fc.uniqueArray(fc.tuple(values, hours), {
    selector: ([, at]) => at,
    minLength: 1,
  });
  const property = fc.property(observations, (list) => {
    const changes = list.map(([value, at]) => change({ attributes: { 'x-a': seen(value, at) } }));
    const latest = list.toSorted(([, left], [, right]) => right - left)[0]?.[0];
    expect(held(runCommands(profileDecider, [byFact, ...changes]).state, 'x-a')).toBe(latest);
  });
  fc.assert(property, settings);
});
