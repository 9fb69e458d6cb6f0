import type { Document, Json, Pipeline } from '../port.ts';
import { columnScalar } from './columns.ts';
import { columnsOf, planOfScan, type Source, scanRows } from './find.ts';
import { pathsNeeded, splitPipeline, takesNullForMissing } from './pipeline-needs.ts';

type Input = Record<string, Json>;

/**
 * What the stages of a pipeline after its first $match run on, holding only the fields that they look at. Yields
 * wherever the caller may pause.
 */
export function* pipelineInput(source: Source, pipeline: Pipeline): Generator<undefined, readonly Input[], undefined> {
  const { filter, rest } = splitPipeline(pipeline);
  const paths = pathsNeeded(rest);
  if (paths !== undefined && takesNullForMissing(rest)) {
    const columns = columnsOf(source);
    const names = [...paths].map((path) => (columns.irregular(path) ? undefined : columns.column(path)?.name));
    if (names.every((name) => name !== undefined)) {
      const plan = planOfScan(source, filter, names.length === 0 ? '1' : names.join(', '));
      if (plan.exact) return yield* readColumns(source, plan, [...paths]);
    }
  }
  const fields = paths && new Set([...paths].map((path) => path.split('.', 1)[0] ?? path));
  const inputs: Input[] = [];
  for (const row of scanRows(source, filter)) {
    if (row !== undefined) inputs.push(pick(row.document ?? JSON.parse(row.json), fields));
    yield undefined;
  }
  return inputs;
}

/** Reads the columns of indexed fields in place of the documents, which are many times as long. */
function* readColumns(
  { connection }: Source,
  { sql, params }: ReturnType<typeof planOfScan>,
  paths: readonly string[],
): Generator<undefined, readonly Input[], undefined> {
  const inputs: Input[] = [];
  const keys = paths.map((path) => path.split('.'));
  for (const row of connection.prepare(sql).iterate(...params)) {
    const values = Object.values(row);
    const input: Input = {};
    for (const [i, path] of keys.entries()) setPath(input, path, columnScalar(values[i]));
    inputs.push(input);
    yield undefined;
  }
  return inputs;
}

function setPath(target: Input, path: readonly string[], value: Json): void {
  if (value === null) return;
  let parent = target;
  for (const name of path.slice(0, -1)) {
    const next = parent[name];
    const child: Input = typeof next === 'object' && next !== null ? (next as Input) : {};
    parent[name] = child;
    parent = child;
  }
  const last = path.at(-1);
  if (last !== undefined) parent[last] = value;
}

function pick(document: Document, fields: ReadonlySet<string> | undefined): Input {
  const picked: Input = {};
  for (const field of fields ?? Object.keys(document)) {
    const value = Object.hasOwn(document, field) ? document[field] : undefined;
    if (value !== undefined) picked[field] = value;
  }
  return picked;
}
