import type { EventOfType, PolicyDraft } from '@tenure/contracts';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Happening } from '../decider.ts';
import { givenFor, runCommands } from '../testing/given.ts';
import { isoInstant } from '../time/calendar.ts';
import { defaultLifecycle } from './defaults.ts';
import { type PublishPolicy, policyDecider } from './publication.ts';
import { inForce, policiesFrom, withDraft, withPolicy } from './schedule.ts';

const given = givenFor(policyDecider);
const now = Date.UTC(2011, 2, 1);
const dayMs = 86_400_000;

const { version: _version, ...document } = defaultLifecycle;
const draftOf = (loyalDays: number): PolicyDraft => ({
  ...document,
  stages: { ...document.stages, loyal: { purchaseDays: loyalDays, withinDates: 90 } },
});
const publish = (draft: PolicyDraft, effectiveFrom?: number): PublishPolicy => ({
  type: 'PublishPolicy',
  draft,
  effectiveFrom,
  occurredAt: now,
});
const published = (
  version: number,
  loyalDays: number,
  from: number | null,
): Happening<EventOfType<'PolicyPublished'>> => ({
  type: 'PolicyPublished',
  data: {
    effectiveFrom: from === null ? null : isoInstant(from),
    document: { ...defaultLifecycle, ...draftOf(loyalDays), version } as typeof defaultLifecycle,
  },
  occurredAt: now,
  customerId: null,
});
const first = published(1, 5, null);

test('a draft is the next version, from now on', () =>
  given([first])
    .when(publish(draftOf(4)))
    .then([published(2, 4, now)]));
test('or from a date on', () =>
  given([first])
    .when(publish(draftOf(4), now + dayMs))
    .then([published(2, 4, now + dayMs)]));
test('it may name its version', () =>
  given([first])
    .when(publish({ ...draftOf(4), version: 2 }))
    .then([published(2, 4, now)]));
test('where there is none it is the first', () =>
  given([])
    .when(publish(draftOf(4)))
    .then([published(1, 4, null)]));
test('before the first there is nothing to rewrite', () =>
  given([])
    .when(publish(draftOf(4), now - dayMs))
    .then([published(1, 4, now - dayMs)]));

test('again it is unchanged', () =>
  given([first, published(2, 4, now)])
    .when(publish(draftOf(4), now))
    .then('unchanged'));
test('again, when its date has passed, too', () =>
  given([first, published(2, 4, now - dayMs)])
    .when(publish(draftOf(4), now - dayMs))
    .then('unchanged'));
test('what is in force already is unchanged', () =>
  given([first])
    .when(publish(draftOf(5)))
    .then('unchanged'));

test('a gap between versions is refused', () =>
  given([first])
    .when(publish({ ...draftOf(4), version: 3 }))
    .then({ code: 'policy-version', pointer: '/document/version' }));
test('a version that is there with other content is refused', () =>
  given([first])
    .when(publish({ ...draftOf(4), version: 1 }))
    .then({ code: 'policy-version', pointer: '/document/version' }));
test('the past is refused', () =>
  given([first])
    .when(publish(draftOf(4), now - 1))
    .then({ code: 'in-the-past', pointer: '/effectiveFrom' }));
test('a date before that of the version before is refused', () =>
  given([first, published(2, 4, now + 2 * dayMs)])
    .when(publish(draftOf(3), now + dayMs))
    .then({ code: 'out-of-order', pointer: '/effectiveFrom' }));
test('the same content sooner is refused, too', () =>
  given([first, published(2, 4, now + 2 * dayMs)])
    .when(publish(draftOf(4), now + dayMs))
    .then({ code: 'out-of-order', pointer: '/effectiveFrom' }));

test('I1: decide never emits an event that evolve rejects, and versions have no gap', () => {
  const command = fc.record({
    days: fc.integer({ min: 2, max: 4 }),
    version: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    from: fc.option(fc.integer({ min: -1, max: 3 }), { nil: undefined }),
  });
  const property = fc.property(fc.array(command, { maxLength: 8, size: 'max' }), (list) => {
    const commands = list.map(({ days, version, from }) =>
      publish(
        version === undefined ? draftOf(days) : { ...draftOf(days), version },
        from === undefined ? undefined : now + from * dayMs,
      ),
    );
    const { events } = runCommands(policyDecider, commands);
    expect(events.map(({ data }) => data.document.version)).toEqual(events.map((_, index) => index + 1));
    const froms = events.map(({ data }) => data.effectiveFrom ?? '');
    expect(froms).toEqual(froms.toSorted());
  });
  fc.assert(property, { numRuns: 200 });
});

describe('a draft among the versions', () => {
  const base = withPolicy(policiesFrom([defaultLifecycle]), published(2, 6, now));
  const draft = { ...defaultLifecycle, ...draftOf(3), version: 3 } as typeof defaultLifecycle;
  const loyalAt = (policies: typeof base, at: number) => inForce(policies.lifecycle, at)?.stages.loyal.purchaseDays;

  it('holds always, where it is from the beginning', () => {
    const policies = withDraft(base, draft, Number.NEGATIVE_INFINITY);
    expect([0, now, now + dayMs].map((at) => loyalAt(policies, at))).toEqual([3, 3, 3]);
    expect(loyalAt(base, now)).toBe(6);
  });

  it('holds from a date on, instead of what came later', () => {
    const policies = withDraft(base, draft, now - dayMs);
    expect([now - dayMs - 1, now - dayMs, now].map((at) => loyalAt(policies, at))).toEqual([5, 3, 3]);
  });
});
