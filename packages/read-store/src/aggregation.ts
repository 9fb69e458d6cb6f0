import { Aggregator } from 'mingo/aggregator';
import { Context, evalExpr } from 'mingo/core';
import { Lazy, type Iterator as Sequence } from 'mingo/lazy';
import { $avg, $count, $push, $sum } from 'mingo/operators/accumulator';
import {
  $abs,
  $add,
  $and,
  $cond,
  $divide,
  $floor,
  $ifNull,
  $literal,
  $mod,
  $multiply,
  $not,
  $or,
  $subtract,
} from 'mingo/operators/expression';
import { $group, $limit, $project, $unwind } from 'mingo/operators/pipeline';
import type { AnyObject, Options } from 'mingo/types';
import { compileFilter } from './matcher.ts';
import { checkPipeline, pipelineFailed } from './pipeline.ts';
import type { Document, Filter, Json, Pipeline, SortKey } from './port.ts';
import { compareValues, sortDocuments } from './sort.ts';

export type AggregateRow = { readonly [key: string]: Json };

/**
 * Runs a pipeline over documents, which it may change. Filters, sorts and comparisons are those of this package, since
 * mingo orders strings by UTF-16 units; the rest is mingo.
 * @throws {PipelineError}
 */
export function aggregate(documents: Iterable<object>, pipeline: Pipeline): readonly AggregateRow[] {
  checkPipeline(pipeline);
  try {
    return new Aggregator([...pipeline], { context: CONTEXT }).run<AggregateRow>(documents);
  } catch (cause) {
    throw pipelineFailed(cause);
  }
}

function matchStage(rows: Sequence, filter: AnyObject, _options: Options): Sequence {
  return rows.filter<Document>(compileFilter(filter as Filter));
}

function sortStage(rows: Sequence, keys: AnyObject, _options: Options): Sequence {
  const sort = Object.entries(keys).map(
    ([field, direction]): SortKey => ({ field, direction: direction === 1 ? 1 : -1 }),
  );
  return Lazy(sortDocuments(rows.collect<Document>(), sort));
}

/** Of no rows there is no count, where mingo gives 0. */
function countStage(rows: Sequence, name: string, _options: Options): Sequence {
  const count = rows.size();
  return Lazy(count === 0 ? [] : [{ [name]: count }]);
}

/** The value of an expression for each of the documents, without null and missing. */
function valuesOf(documents: AnyObject[], expression: unknown, options: Options): readonly Json[] {
  const values = $push(documents, expression, options) as Json[];
  return values.filter((value) => value !== null && value !== undefined);
}

function extreme(direction: 1 | -1) {
  return (documents: AnyObject[], expression: unknown, options: Options): Json =>
    valuesOf(documents, expression, options).reduce<Json>(
      (best, value) => (best === null || compareValues(value, best) * direction < 0 ? value : best),
      null,
    );
}

/** Compares two expressions in the order of all values; a missing field comes before null. */
function comparison(accepts: (order: number) => boolean) {
  return (document: AnyObject, args: unknown, options: Options): boolean => {
    const [a, b] = evalExpr(document, args, options) as [Json | undefined, Json | undefined];
    if (a === undefined || b === undefined) return accepts(Number(b === undefined) - Number(a === undefined));
    return accepts(compareValues(a, b));
  };
}

const CONTEXT = Context.init({
  pipeline: {
    $match: matchStage,
    $sort: sortStage,
    $count: countStage,
    $group,
    $limit,
    $project,
    $unwind,
  },
  accumulator: { $sum, $avg, $count, $min: extreme(1), $max: extreme(-1) },
  expression: {
    $abs,
    $add,
    $and,
    $cond,
    $divide,
    $floor,
    $ifNull,
    $literal,
    $mod,
    $multiply,
    $not,
    $or,
    $subtract,
    $eq: comparison((order) => order === 0),
    $ne: comparison((order) => order !== 0),
    $gt: comparison((order) => order > 0),
    $gte: comparison((order) => order >= 0),
    $lt: comparison((order) => order < 0),
    $lte: comparison((order) => order <= 0),
  },
});
