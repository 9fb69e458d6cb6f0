import { stage as stages, type WhatIfExample, type WhatIfResult } from '@tenure/contracts';
import { inForce, isoInstant, noTier, type Policies } from '@tenure/domain';
import { type Move, type Moved, Moves, pointRanges } from './moves.ts';
import { type Comparison, type Found, mostUnreadable } from './tally.ts';

type Field = 'stage' | 'tier' | 'satisfactionBand' | 'points' | 'modelStage' | 'stageByModelStage';

const bands = ['high', 'middle', 'low', 'none'] as const;

/** What the threads have found together, as it is answered. `knownAt`: as an answer's links say it. */
export function resultOf(
  found: readonly Found[],
  { policies, draft, asOf }: Comparison,
  knownAt: string,
): WhatIfResult {
  const sum = (value: (one: Found) => number): number => found.reduce((total, one) => total + value(one), 0);
  const tiers = (of: Policies): readonly string[] => [
    noTier,
    ...(inForce(of.loyalty, asOf)?.tiers ?? []).map(({ tier }) => tier),
  ];
  const matrix = (field: Field, order: readonly string[]): readonly Move[] => {
    const moves = new Moves();
    for (const one of found) moves.addAll(one[field]);
    const rank = (value: string): number => (order.includes(value) ? order.indexOf(value) : order.length);
    return moves.all.toSorted((one, other) => rank(one.from) - rank(other.from) || rank(one.to) - rank(other.to));
  };
  const said = (moves: readonly Move[]): WhatIfResult['stage'] =>
    moves.map(({ examples, ...move }) => ({
      ...move,
      examples: examples.map((moved) => exampleOf(moved, { asOf: isoInstant(asOf), knownAt })),
    }));

  const stage = matrix('stage', stages.options);
  const tier = matrix('tier', [...new Set([...tiers(policies), ...tiers(draft)])]);
  const satisfactionBand = matrix('satisfactionBand', bands);
  const modelStages = ['none', ...modelStagesOf(policies, asOf), ...modelStagesOf(draft, asOf)];
  const report = (side: 'from' | 'to', of: Policies, points: number): WhatIfResult['before'] => ({
    stages: countsOf(stage, side, stages.options),
    tiers: countsOf(tier, side, tiers(of)),
    satisfactionBands: countsOf(satisfactionBand, side, bands),
    points,
  });
  return {
    customers: sum(({ customers }) => customers),
    moved: sum(({ moved }) => moved),
    before: report(
      'from',
      policies,
      sum(({ balance }) => balance.before),
    ),
    after: report(
      'to',
      draft,
      sum(({ balance }) => balance.after),
    ),
    stage: said(stage),
    tier: said(tier),
    satisfactionBand: said(satisfactionBand),
    modelStage: said(matrix('modelStage', modelStages)),
    stageByModelStage: matrix('stageByModelStage', [...stages.options, ...modelStages]).map(
      ({ from, to, customers }) => ({
        stage: stages.parse(from),
        modelStage: to,
        customers,
      }),
    ),
    points: {
      more: sum(({ more }) => more),
      fewer: sum(({ fewer }) => fewer),
      moves: said(matrix('points', pointRanges)),
    },
    unreadable: {
      customers: sum(({ unreadable }) => unreadable.customers),
      examples: found.flatMap(({ unreadable }) => unreadable.examples).slice(0, mostUnreadable),
    },
  };
}

/** The stages of the model that stands beside the lifecycle, if there is one. */
function modelStagesOf(policies: Policies, asOf: number): readonly string[] {
  return inForce(policies['lifecycle-model'], asOf)?.stages.map(({ stage }) => stage) ?? [];
}

/** Customers by value, before (`from`) or after (`to`); each of the values that there can be is there. */
function countsOf<V extends string>(moves: readonly Move[], side: 'from' | 'to', values: readonly V[]) {
  const counts = Object.fromEntries(values.map((value) => [value, 0])) as Record<V, number>;
  for (const move of moves) {
    const value = move[side] as V;
    counts[value] = (counts[value] ?? 0) + move.customers;
  }
  return counts;
}

function exampleOf({ customerId, before, after }: Moved, instants: Readonly<Record<string, string>>): WhatIfExample {
  const path = `/v1/audit/customers/${customerId}`;
  const query = new URLSearchParams(instants);
  const fields = ['stage', 'tier', 'points', 'satisfactionBand'] as const;
  const field = fields.find((one) => before[one] !== after[one]) ?? 'stage';
  const why = field === 'satisfactionBand' ? 'satisfaction' : field;
  return {
    customerId,
    before: said(before),
    after: said(after),
    links: {
      why: `${path}/why?field=${why}&${query}`,
      history: `${path}/history?order=content`,
      state: `${path}/state?${query}`,
    },
  };
}

function said({ stageSince, ...standing }: Moved['before']): WhatIfExample['before'] {
  return { ...standing, stageSince: isoInstant(stageSince) };
}
