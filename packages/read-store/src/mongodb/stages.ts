import { checkPipeline, PipelineError } from '../pipeline.ts';
import type { Filter, Json, Pipeline, SortKey } from '../port.ts';
import { isArray, isObject } from '../values.ts';
import { mongoFilter, mongoStageFilter } from './conditions.ts';
import { mongoSort } from './places.ts';
import { GUARD } from './stored-document.ts';

type MongoStage = { readonly [stage: string]: unknown };
type Stage = Pipeline[number];

/** Stages that leave documents as they are: before the guard is taken away an index can serve them. */
const FIRST = new Set(['$match', '$sort', '$limit']);

/**
 * A pipeline of the port, on stored documents.
 * @throws {PipelineError}
 */
export function mongoPipeline(pipeline: Pipeline): MongoStage[] {
  checkPipeline(pipeline);
  if (!hasWellFormedTexts(pipeline)) {
    throw new PipelineError('pipeline-value-invalid', '', 'texts must be well-formed Unicode');
  }
  const at = pipeline.findIndex((stage) => !FIRST.has(nameOf(stage)));
  const first = at === -1 ? pipeline : pipeline.slice(0, at);
  const rest = at === -1 ? [] : pipeline.slice(at);
  return [
    ...first.flatMap((stage) => stagesOf(stage, mongoFilter)),
    { $unset: GUARD },
    ...rest.flatMap((stage) => stagesOf(stage, mongoStageFilter)),
  ];
}

function stagesOf(stage: Stage, filter: (filter: Filter) => MongoStage): readonly MongoStage[] {
  const name = nameOf(stage);
  const value = stage[name];
  if (name === '$match' && isObject(value)) return [{ $match: filter(value) }];
  // With the tie-breaker, as every sort of the port has it.
  if (name === '$sort' && isObject(value)) return [{ $sort: mongoSort(sortKeys(value)) }];
  // What $count is defined as. Some servers count none as 0, where there is no row.
  if (name === '$count') return [{ $group: { _id: null, [String(value)]: { $sum: 1 } } }, { $unset: '_id' }];
  return [stage];
}

function sortKeys(keys: { readonly [field: string]: Json }): readonly SortKey[] {
  return Object.entries(keys).map(([field, direction]) => ({ field, direction: direction === 1 ? 1 : -1 }));
}

function nameOf(stage: Stage): string {
  return Object.keys(stage)[0] ?? '';
}

function hasWellFormedTexts(value: Json): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (isArray(value)) return value.every(hasWellFormedTexts);
  if (!isObject(value)) return true;
  return Object.entries(value).every(([name, inner]) => name.isWellFormed() && hasWellFormedTexts(inner));
}
