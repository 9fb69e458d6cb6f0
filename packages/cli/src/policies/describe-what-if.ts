import type { WhatIfExample, WhatIfResult } from '@tenure/contracts';
import { formatTable } from '../terminal/table.ts';

type Moves = WhatIfResult['stage'];

/** How many would move, tables from where to where of what changes, and some of those who move. */
export function describeWhatIf(result: WhatIfResult, width?: number): readonly string[] {
  const { customers, moved, before, after, points, unreadable } = result;
  const lines = [`${moved} of ${customers} customers would move.`];
  if (unreadable.customers > 0) {
    lines.push(`${unreadable.customers} customers could not be folded, such as ${unreadable.examples[0]?.customerId}.`);
  }
  const tables = [
    { title: 'stage', moves: result.stage, values: Object.keys(before.stages) },
    { title: 'tier', moves: result.tier, values: Object.keys({ ...before.tiers, ...after.tiers }) },
    { title: 'satisfaction', moves: result.satisfactionBand, values: Object.keys(before.satisfactionBands) },
    { title: 'model', moves: result.modelStage, values: valuesIn(result.modelStage) },
    { title: 'points', moves: points.moves, values: valuesIn(points.moves) },
  ];
  for (const { title, moves, values } of tables) {
    if (!moves.some(({ from, to, examples }) => from !== to || examples.length > 0)) continue;
    lines.push('', ...matrix(title, moves, values, width));
    if (title === 'points') {
      const change = after.points - before.points;
      lines.push(`${points.more} would have more, ${points.fewer} fewer: ${change} points in all.`);
    }
    lines.push(...examplesOf(moves, width));
  }
  const beside = result.stageByModelStage.map(({ stage, modelStage, customers: many }) => ({
    from: stage,
    to: modelStage,
    customers: many,
    examples: [],
  }));
  if (beside.length > 0) lines.push('', ...matrix('stage \\ model', beside, valuesIn(beside), width));
  return lines;
}

function valuesIn(moves: Moves): readonly string[] {
  return [...new Set(moves.flatMap(({ from, to }) => [from, to]))];
}

/** A line for each value before, a column for each after; the last of both are all of them. */
function matrix(title: string, moves: Moves, values: readonly string[], width: number | undefined): readonly string[] {
  const count = (from: string | undefined, to: string | undefined): number =>
    moves
      .filter((move) => (from === undefined || move.from === from) && (to === undefined || move.to === to))
      .reduce((sum, { customers }) => sum + customers, 0);
  const shown = values.filter((value) => count(value, undefined) + count(undefined, value) > 0);
  const columns = [
    { title: `${title}: from \\ to`, value: (from: string | undefined) => from ?? 'after' },
    ...shown.map((to) => ({ title: to, value: (from: string | undefined) => count(from, to) })),
    { title: 'before', value: (from: string | undefined) => count(from, undefined) },
  ];
  return formatTable(columns, [...shown, undefined], width);
}

function examplesOf(moves: Moves, width: number | undefined): readonly string[] {
  const examples = moves.flatMap((move) => move.examples.map((example) => ({ ...move, example })));
  const columns = [
    { title: 'such as', value: ({ example }: { example: WhatIfExample }) => example.customerId },
    { title: 'before', value: ({ example }: { example: WhatIfExample }) => standing(example.before) },
    { title: 'after', value: ({ example }: { example: WhatIfExample }) => standing(example.after) },
  ];
  return examples.length === 0 ? [] : formatTable(columns, examples, width);
}

function standing({ stage, stageSince, tier, points, satisfactionBand }: WhatIfExample['before']): string {
  const satisfaction = satisfactionBand === null ? '' : `, satisfaction ${satisfactionBand}`;
  return `${stage} since ${stageSince}, tier ${tier}, ${points} points${satisfaction}`;
}
