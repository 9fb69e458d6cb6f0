import { z } from 'zod';
import { lifecycleModel, lifecyclePolicy, loyaltyProgramme, satisfactionPolicy } from './policies.ts';

type Fault = readonly [path: readonly PropertyKey[], message: string];

/** Adds the rules that no single field can check; each fault names the field that is to be changed. */
function faultsIn<D>(rules: (draft: D) => readonly Fault[]) {
  return ({ value, issues }: z.core.ParsePayload<D>): void => {
    for (const [path, message] of rules(value)) issues.push({ code: 'custom', path: [...path], message, input: value });
  };
}

const byVersion = { version: true } as const;

const lifecycleDraft = lifecyclePolicy
  .partial(byVersion)
  .check(
    faultsIn(({ stages: { active, loyal, churned, 'at-risk': atRisk } }) => [
      ...fault(loyal.purchaseDays > loyal.withinDates, ['stages', 'loyal', 'withinDates'], () => {
        return `must be at least ${loyal.purchaseDays}, the purchase days that are asked for`;
      }),
      ...fault(loyal.purchaseDays < active.purchaseDays, ['stages', 'loyal', 'purchaseDays'], () => {
        return `must be at least ${active.purchaseDays}, those of active`;
      }),
      ...fault(churned.silentDays <= atRisk.silentDays, ['stages', 'churned', 'silentDays'], () => {
        return `must be more than ${atRisk.silentDays}, those of at-risk`;
      }),
    ]),
  )
  .meta({ id: 'LifecycleDraft', description: '生命周期: when a customer is in which stage' });

const loyaltyDraft = loyaltyProgramme
  .partial(byVersion)
  .check(
    faultsIn(({ tiers }) =>
      tiers.flatMap(({ tier, fromPoints }, index) => {
        const below = tiers[index - 1];
        return [
          ...fault(tier === 'none', ['tiers', index, 'tier'], () => 'none is what customers without a tier have'),
          ...fault(tiers.findIndex((other) => other.tier === tier) < index, ['tiers', index, 'tier'], () => {
            return 'stands here twice';
          }),
          ...fault(below !== undefined && fromPoints <= below.fromPoints, ['tiers', index, 'fromPoints'], () => {
            return `must be more than ${below?.fromPoints}, those of the tier before`;
          }),
        ];
      }),
    ),
  )
  .meta({ id: 'LoyaltyDraft', description: '忠诚度计划: how points are earned and what tier they reach' });

const satisfactionDraft = satisfactionPolicy
  .partial(byVersion)
  .check(
    faultsIn(({ weights, bands: { high, middle } }) => [
      ...fault(!Object.values(weights).some((weight) => weight > 0), ['weights'], () => 'must not all be 0'),
      ...fault(high <= middle, ['bands', 'high'], () => `must be more than ${middle}, that of middle`),
    ]),
  )
  .meta({ id: 'SatisfactionDraft', description: '满意度: how answers and complaints weigh' });

const modelDraft = lifecycleModel
  .partial(byVersion)
  .check(
    faultsIn(({ stages }) => {
      const isSilence = (index: number): boolean => stages[index]?.silentDays !== undefined;
      return stages.flatMap(({ stage, purchaseDays, withinDates, silentDays }, index) => {
        const at = ['stages', index] as const;
        const rules = [purchaseDays, silentDays].filter((rule) => rule !== undefined).length;
        const before = stages[index - 1];
        return [
          ...fault(stages.findIndex((other) => other.stage === stage) < index, [...at, 'stage'], () => {
            return 'stands here twice';
          }),
          ...fault(index === 0 && rules > 0, at, () => 'the first stage is that of everybody, and has no rule'),
          ...fault(index > 0 && rules !== 1, at, () => 'must have either purchaseDays or silentDays'),
          ...fault(
            withinDates !== undefined && withinDates < (purchaseDays ?? Infinity),
            [...at, 'withinDates'],
            () => {
              return purchaseDays === undefined
                ? 'stands beside purchaseDays only'
                : `must be at least ${purchaseDays}`;
            },
          ),
          ...fault(!isSilence(index) && isSilence(index - 1), at, () => 'must stand before those of silence'),
          ...fault(
            silentDays !== undefined && silentDays <= (before?.silentDays ?? 0),
            [...at, 'silentDays'],
            () => `must be more than ${before?.silentDays}, those of the stage before`,
          ),
        ];
      });
    }),
  )
  .meta({ id: 'LifecycleModelDraft', description: '生命周期模型: another lifecycle, beside the first' });

/** A policy as an analyst writes it. Without a version it is the next one. */
export const policyDraft = z
  .discriminatedUnion('policy', [lifecycleDraft, loyaltyDraft, satisfactionDraft, modelDraft])
  .meta({
    id: 'PolicyDraft',
    description: '策略草案: a policy that may be published; without a version it is the next',
  });
export type PolicyDraft = z.infer<typeof policyDraft>;

function fault(isFault: boolean, path: readonly PropertyKey[], message: () => string): readonly Fault[] {
  return isFault ? [[path, message()]] : [];
}
