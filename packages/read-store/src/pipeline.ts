import { checkPath, FilterError, understandFilter } from './filter.ts';
import type { Json, Pipeline } from './port.ts';
import { isArray, isObject } from './values.ts';

/** A pipeline from outside may have this many stages, */
const MAX_STAGES = 20;
/** be this long as JSON, in UTF-8 bytes, */
const MAX_PIPELINE_BYTES = 16_384;
/** and nest expressions this deep. */
const MAX_EXPRESSION_DEPTH = 10;

export type PipelineErrorCode =
  | 'pipeline-not-json'
  | 'pipeline-too-large'
  | 'pipeline-stage-unknown'
  | 'pipeline-operator-unknown'
  | 'pipeline-value-invalid'
  /** The pipeline fails on the documents, e.g. adds text to a number. */
  | 'pipeline-failed';

/** Raised for a pipeline outside the supported language. `pointer` is a JSON pointer to the offending part. */
export class PipelineError extends Error {
  readonly code: PipelineErrorCode;
  readonly pointer: string;
  readonly detail: string;
  constructor(code: PipelineErrorCode, pointer: string, detail: string, options?: ErrorOptions) {
    super(`${pointer === '' ? 'pipeline' : pointer}: ${detail}`, options);
    this.name = 'PipelineError';
    this.code = code;
    this.pointer = pointer;
    this.detail = detail;
  }
}

/** Accumulators of $group. All but $count take an expression. */
const ACCUMULATORS = ['$sum', '$avg', '$min', '$max', '$count'] as const;

/** Operators of expressions, with how many arguments they take. */
const OPERATORS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  $add: [1, 20],
  $subtract: [2, 2],
  $multiply: [1, 20],
  $divide: [2, 2],
  $mod: [2, 2],
  $floor: [1, 1],
  $abs: [1, 1],
  $eq: [2, 2],
  $ne: [2, 2],
  $gt: [2, 2],
  $gte: [2, 2],
  $lt: [2, 2],
  $lte: [2, 2],
  $and: [1, 20],
  $or: [1, 20],
  $not: [1, 1],
  $cond: [3, 3],
  $ifNull: [2, 20],
};

type JsonObject = { readonly [key: string]: Json };

/**
 * Reads a pipeline from outside: JSON text, or what was parsed from it.
 * @throws {PipelineError} for anything that is not in the closed subset, or exceeds its limits
 */
export function parsePipeline(input: unknown): Pipeline {
  const pipeline: unknown = typeof input === 'string' ? parseJson(input) : input;
  if (!Array.isArray(pipeline)) throw invalid('', 'must be a list of stages');
  if (pipeline.length > MAX_STAGES) throw tooLarge(`must have at most ${MAX_STAGES} stages`);
  checkPipeline(pipeline);
  if (Buffer.byteLength(JSON.stringify(pipeline)) > MAX_PIPELINE_BYTES) {
    throw tooLarge(`must be at most ${MAX_PIPELINE_BYTES} bytes`);
  }
  return pipeline;
}

/**
 * Checks that a pipeline is in the supported language, whatever its length.
 * @throws {PipelineError}
 */
export function checkPipeline(pipeline: Pipeline): void {
  for (const [i, stage] of pipeline.entries()) checkStage(stage, `/${i}`);
}

function parseJson(text: string): unknown {
  if (Buffer.byteLength(text) > MAX_PIPELINE_BYTES) throw tooLarge(`must be at most ${MAX_PIPELINE_BYTES} bytes`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw failure('pipeline-not-json', '', 'must be JSON', cause);
  }
}

function checkStage(stage: Json, pointer: string): void {
  const [[name, value] = ['', null], ...others] = isObject(stage) ? Object.entries(stage) : [];
  if (name === '' || others.length > 0) throw invalid(pointer, 'must be an object with one stage');
  const at = `${pointer}/${name}`;
  switch (name) {
    case '$match':
      checkMatch(value, at);
      break;
    case '$group':
      checkGroup(objectOf(value, at), at);
      break;
    case '$sort':
      checkSort(objectOf(value, at), at);
      break;
    case '$limit':
      if (!Number.isSafeInteger(value) || Number(value) < 1) throw invalid(at, 'must be a whole number from 1');
      break;
    case '$project':
      checkProject(objectOf(value, at), at);
      break;
    case '$unwind':
      checkUnwind(value, at);
      break;
    case '$count':
      checkName(typeof value === 'string' ? value : '', at);
      break;
    default:
      throw new PipelineError('pipeline-stage-unknown', pointer, `the stage ${name} is not supported here`);
  }
}

function checkMatch(value: Json, pointer: string): void {
  try {
    understandFilter(objectOf(value, pointer));
  } catch (cause) {
    if (!(cause instanceof FilterError)) throw cause;
    throw failure('pipeline-value-invalid', pointer + cause.pointer, cause.detail, cause);
  }
}

function checkGroup(group: JsonObject, pointer: string): void {
  const { _id: id, ...fields } = group;
  if (id === undefined) throw invalid(pointer, 'must have an _id, null for one group of all');
  if (isObject(id) && !Object.keys(id)[0]?.startsWith('$')) {
    if (Object.keys(id).length === 0) throw invalid(`${pointer}/_id`, 'must have a field');
    for (const [name, part] of Object.entries(id)) {
      checkName(name, `${pointer}/_id/${name}`);
      checkExpression(part, `${pointer}/_id/${name}`, 0);
    }
  } else {
    checkExpression(id, `${pointer}/_id`, 0);
  }
  for (const [name, value] of Object.entries(fields)) {
    const at = `${pointer}/${name}`;
    checkName(name, at);
    const [[operator, argument] = ['', null], ...others] = Object.entries(objectOf(value, at));
    if (others.length > 0) throw invalid(at, 'must have one accumulator');
    if (!ACCUMULATORS.some((known) => known === operator)) throw unknownOperator(at, operator);
    if (operator !== '$count') checkExpression(argument, `${at}/${operator}`, 0);
    else if (!isObject(argument) || Object.keys(argument).length > 0) throw invalid(`${at}/$count`, 'must be {}');
  }
}

function checkSort(sort: JsonObject, pointer: string): void {
  const entries = Object.entries(sort);
  if (entries.length === 0) throw invalid(pointer, 'must have a field');
  for (const [field, direction] of entries) {
    checkField(field, `${pointer}/${field}`);
    if (direction !== 1 && direction !== -1) throw invalid(`${pointer}/${field}`, 'must be 1 or -1');
  }
}

function checkProject(project: JsonObject, pointer: string): void {
  const entries = Object.entries(project);
  if (entries.length === 0) throw invalid(pointer, 'must have a field');
  for (const [field, value] of entries) {
    const at = `${pointer}/${field}`;
    checkField(field, at);
    if (value === 1 || value === true || (field === '_id' && (value === 0 || value === false))) continue;
    if (typeof value !== 'string' && !isObject(value))
      throw invalid(at, 'must be 1 or an expression; only _id may be 0');
    checkExpression(value, at, 0);
  }
  if (entries.length === 1 && (project._id === 0 || project._id === false)) throw invalid(pointer, 'must keep a field');
}

function checkUnwind(value: Json, pointer: string): void {
  const { path, preserveNullAndEmptyArrays = false, ...others } = isObject(value) ? value : { path: value };
  if (typeof path !== 'string' || !path.startsWith('$')) throw invalid(pointer, 'must name a field, as "$field"');
  checkField(path.slice(1), pointer);
  if (typeof preserveNullAndEmptyArrays !== 'boolean' || Object.keys(others).length > 0) {
    throw invalid(pointer, 'takes path and preserveNullAndEmptyArrays');
  }
}

function checkExpression(expression: Json, pointer: string, depth: number): void {
  if (depth > MAX_EXPRESSION_DEPTH) throw tooLarge(`expressions nest at most ${MAX_EXPRESSION_DEPTH} deep`, pointer);
  if (typeof expression === 'string' && expression.startsWith('$')) checkField(expression.slice(1), pointer);
  if (isArray(expression)) throw invalid(pointer, 'must be a field as "$field", a plain value or an operator');
  if (!isObject(expression)) return;
  const [[name, value] = ['', null], ...others] = Object.entries(expression);
  if (others.length > 0) throw invalid(pointer, 'must have one operator');
  const at = `${pointer}/${name}`;
  if (name === '$literal') {
    if (typeof value === 'object' && value !== null) throw invalid(at, 'must be a plain value');
    return;
  }
  const count = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (count === undefined) throw unknownOperator(pointer, name);
  const args = isArray(value) ? value : [value];
  if (args.length < count[0] || args.length > count[1]) throw invalid(at, `takes ${count[0]} to ${count[1]} arguments`);
  for (const [i, arg] of args.entries()) checkExpression(arg, isArray(value) ? `${at}/${i}` : at, depth + 1);
  if ((name === '$divide' || name === '$mod') && (typeof args[1] !== 'number' || args[1] === 0)) {
    throw invalid(`${at}/1`, 'must be a number other than 0');
  }
}

function objectOf(value: Json, pointer: string): JsonObject {
  if (!isObject(value)) throw invalid(pointer, 'must be an object');
  return value;
}

function checkField(path: string, pointer: string): void {
  try {
    checkPath(path, pointer);
  } catch (cause) {
    throw failure('pipeline-value-invalid', pointer, 'must be a field name or a dot path', cause);
  }
}

function checkName(name: string, pointer: string): void {
  checkField(name, pointer);
  if (name.includes('.')) throw invalid(pointer, 'must be a name without a dot');
}

/** A pipeline of the language that cannot be run on the documents there are. */
export function pipelineFailed(cause: unknown): PipelineError {
  return failure('pipeline-failed', '', cause instanceof Error ? cause.message : String(cause), cause);
}

function failure(code: PipelineErrorCode, pointer: string, detail: string, cause?: unknown): PipelineError {
  return new PipelineError(code, pointer, detail, { cause });
}

function invalid(pointer: string, detail: string): PipelineError {
  return new PipelineError('pipeline-value-invalid', pointer, detail);
}

function unknownOperator(pointer: string, name: string): PipelineError {
  return new PipelineError('pipeline-operator-unknown', pointer, `the operator ${name} is not supported here`);
}

function tooLarge(detail: string, pointer = ''): PipelineError {
  return new PipelineError('pipeline-too-large', pointer, detail);
}
