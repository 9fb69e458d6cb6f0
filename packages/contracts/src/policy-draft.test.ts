import { describe, expect, it } from 'vitest';
import { policyDraft } from './policy-draft.ts';

const lifecycle = {
  policy: 'lifecycle',
  stages: {
    new: { orders: 1 },
    active: { purchaseDays: 2 },
    loyal: { purchaseDays: 4, withinDates: 90 },
    'at-risk': { silentDays: 90 },
    churned: { silentDays: 180 },
  },
};
const loyalty = {
  policy: 'loyalty',
  version: 2,
  points: { perUnit: { GBP: { points: 1, amountMinor: 100 } }, expireAfterDays: 730 },
  tiers: [
    { tier: 'silver', fromPoints: 500 },
    { tier: 'gold', fromPoints: 2_000 },
  ],
  window: { days: 365 },
  review: { everyDays: 365 },
};
const satisfaction = {
  policy: 'satisfaction',
  weights: { csat: 1, nps: 1, ces: 0.5, followUp: 1, complaint: 1 },
  halfLifeDays: 180,
  bands: { high: 75, middle: 50 },
};

const model = {
  policy: 'lifecycle-model',
  model: 'growth',
  stages: [
    { stage: 'acquisition' },
    { stage: 'development', purchaseDays: 2 },
    { stage: 'maturity', purchaseDays: 5, withinDates: 90 },
    { stage: 'decline', silentDays: 90 },
    { stage: 'gone', silentDays: 300 },
  ],
};

/** A draft with the value at a pointer changed. */
function changed(draft: object, pointer: string, value: unknown): object {
  const copy = structuredClone(draft);
  const path = pointer.split('/').slice(1);
  const last = path.pop() ?? '';
  // biome-ignore lint/suspicious/noExplicitAny: it goes wherever the pointer does
  const parent = path.reduce<any>((at, step) => at[step], copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

const faultsOf = (draft: unknown) =>
  policyDraft.safeParse(draft).error?.issues.map(({ path, message }) => [`/${path.join('/')}`, message]) ?? [];

describe('a draft', () => {
  it.each([lifecycle, loyalty, satisfaction, model])('of $policy is taken, with a version or without', (draft) => {
    expect(faultsOf(draft)).toEqual([]);
    expect(faultsOf({ ...draft, version: 7 })).toEqual([]);
  });

  it.each([
    [lifecycle, '/stages/loyal/purchaseDays', 1],
    [lifecycle, '/stages/loyal/purchaseDays', '4'],
    [lifecycle, '/stages/loyal', undefined],
    [lifecycle, '/stages/loyal/withinDates', 3],
    [lifecycle, '/stages/churned/silentDays', 90],
    [lifecycle, '/stages/at-risk/silentDays', 0.5],
    [lifecycle, '/stages/new/orders', 2],
    [lifecycle, '/version', 0],
    [lifecycle, '/policy', 'lifecicle'],
    [loyalty, '/points/perUnit/GBP/points', -1],
    [loyalty, '/points/expireAfterDays', null],
    [loyalty, '/tiers/1/fromPoints', 500],
    [loyalty, '/tiers/1/tier', 'silver'],
    [loyalty, '/tiers/0/tier', 'none'],
    [satisfaction, '/weights/nps', -0.1],
    [satisfaction, '/weights', { csat: 0, nps: 0, ces: 0, followUp: 0, complaint: 0 }],
    [satisfaction, '/bands/high', 50],
    [satisfaction, '/bands/middle', 101],
    [model, '/stages/0', { stage: 'acquisition', purchaseDays: 1 }],
    [model, '/stages/1', { stage: 'development' }],
    [model, '/stages/1', { stage: 'development', purchaseDays: 2, silentDays: 3 }],
    [model, '/stages/2/stage', 'development'],
    [model, '/stages/2/withinDates', 4],
    [model, '/stages/3/withinDates', 4],
    [model, '/stages/4/silentDays', 90],
    [model, '/stages/4', { stage: 'late', purchaseDays: 3 }],
    [model, '/stages', []],
  ])('of $policy names the field that is wrong: %s', (draft, pointer, value) => {
    const faults = faultsOf(changed(draft, pointer, value));
    expect(faults.map(([at]) => at)).toContain(pointer);
    for (const [, message] of faults) expect(message).not.toBe('');
  });

  it('is not asked for more days of loyal than of active', () => {
    const draft = changed(lifecycle, '/stages/active/purchaseDays', 5);
    expect(faultsOf(draft)).toEqual([['/stages/loyal/purchaseDays', 'must be at least 5, those of active']]);
  });

  it('knows no other fields, and no other currency', () => {
    expect(policyDraft.safeParse({ ...lifecycle, owner: 'me' }).success).toBe(false);
    const draft = changed(loyalty, '/points/perUnit', { XXQ: { points: 1, amountMinor: 100 } });
    expect(policyDraft.safeParse(draft).success).toBe(false);
  });
});
