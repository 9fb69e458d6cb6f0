import { describe, expect, it } from 'vitest';
import { PipelineError, parsePipeline } from './pipeline.ts';

function refusal(input: unknown): PipelineError {
  try {
    parsePipeline(input);
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
  throw new Error(`not refused: ${JSON.stringify(input)}`);
}

describe('parsePipeline', () => {
  it('takes JSON text or what was parsed from it, and gives it back', () => {
    const pipeline = [
      { $match: { stage: 'new' } },
      { $unwind: { path: '$lines', preserveNullAndEmptyArrays: true } },
      { $group: { _id: { a: '$a', b: { $floor: { $divide: ['$b', 7] } } }, n: { $sum: 1 }, all: { $count: {} } } },
      { $project: { _id: 0, a: '$_id.a', n: 1, kind: { $cond: [{ $gt: ['$n', 3] }, 'many', { $literal: '$few' }] } } },
      { $sort: { n: -1, a: 1 } },
      { $limit: 10 },
    ];
    expect(parsePipeline(pipeline)).toEqual(pipeline);
    expect(parsePipeline(JSON.stringify(pipeline))).toEqual(pipeline);
    expect(parsePipeline([{ $group: { _id: null, m: { $max: '$a' } } }, { $count: 'n' }])).toHaveLength(2);
  });

  it.each([
    ['[', 'pipeline-not-json', ''],
    [{}, 'pipeline-value-invalid', ''],
    [[1], 'pipeline-value-invalid', '/0'],
    [[{}], 'pipeline-value-invalid', '/0'],
    [[{ $match: {}, $limit: 1 }], 'pipeline-value-invalid', '/0'],
    [[{ $match: {} }, { $lookup: {} }], 'pipeline-stage-unknown', '/1'],
    [[{ $out: 'x' }], 'pipeline-stage-unknown', '/0'],
    [[{ $match: { a: { $where: 1 } } }], 'pipeline-value-invalid', '/0/$match/a/$where'],
    [[{ $match: 1 }], 'pipeline-value-invalid', '/0/$match'],
    [[{ $group: { n: { $sum: 1 } } }], 'pipeline-value-invalid', '/0/$group'],
    [[{ $group: { _id: {} } }], 'pipeline-value-invalid', '/0/$group/_id'],
    [[{ $group: { _id: null, n: 1 } }], 'pipeline-value-invalid', '/0/$group/n'],
    [[{ $group: { _id: null, n: { $push: '$a' } } }], 'pipeline-operator-unknown', '/0/$group/n'],
    [[{ $group: { _id: null, n: { $count: 1 } } }], 'pipeline-value-invalid', '/0/$group/n/$count'],
    [[{ $group: { _id: null, 'a.b': { $sum: 1 } } }], 'pipeline-value-invalid', '/0/$group/a.b'],
    [[{ $group: { _id: { $function: {} } } }], 'pipeline-operator-unknown', '/0/$group/_id'],
    [[{ $group: { _id: '$$ROOT' } }], 'pipeline-value-invalid', '/0/$group/_id'],
    [[{ $sort: { a: 2 } }], 'pipeline-value-invalid', '/0/$sort/a'],
    [[{ $sort: {} }], 'pipeline-value-invalid', '/0/$sort'],
    [[{ $limit: 0 }], 'pipeline-value-invalid', '/0/$limit'],
    [[{ $limit: '5' }], 'pipeline-value-invalid', '/0/$limit'],
    [[{ $project: {} }], 'pipeline-value-invalid', '/0/$project'],
    [[{ $project: { a: 0 } }], 'pipeline-value-invalid', '/0/$project/a'],
    [[{ $project: { _id: 0 } }], 'pipeline-value-invalid', '/0/$project'],
    [[{ $project: { a: { $divide: ['$a', 0] } } }], 'pipeline-value-invalid', '/0/$project/a/$divide/1'],
    [[{ $project: { a: { $mod: ['$a', '$b'] } } }], 'pipeline-value-invalid', '/0/$project/a/$mod/1'],
    [[{ $project: { a: { $add: [] } } }], 'pipeline-value-invalid', '/0/$project/a/$add'],
    [[{ $project: { a: { $add: [1, { toString: 1 }] } } }], 'pipeline-operator-unknown', '/0/$project/a/$add/1'],
    [[{ $project: { a: { $abs: 1, $floor: 1 } } }], 'pipeline-value-invalid', '/0/$project/a'],
    [[{ $unwind: 'lines' }], 'pipeline-value-invalid', '/0/$unwind'],
    [[{ $unwind: { path: '$a', includeArrayIndex: 'i' } }], 'pipeline-value-invalid', '/0/$unwind'],
    [[{ $count: '$n' }], 'pipeline-value-invalid', '/0/$count'],
    [[{ $count: 1 }], 'pipeline-value-invalid', '/0/$count'],
  ])('refuses %j', (input, code, pointer) => {
    expect(refusal(input)).toMatchObject({ code, pointer });
  });

  it('bounds stages, length and depth', () => {
    expect(parsePipeline(Array.from({ length: 20 }, () => ({ $limit: 1 })))).toHaveLength(20);
    expect(refusal(Array.from({ length: 21 }, () => ({ $limit: 1 }))).code).toBe('pipeline-too-large');
    expect(refusal([{ $match: { a: 'x'.repeat(20_000) } }]).code).toBe('pipeline-too-large');
    let deep: unknown = '$a';
    for (let i = 0; i < 50_000; i++) deep = { $abs: deep };
    expect(refusal([{ $project: { a: deep } }]).code).toBe('pipeline-too-large');
  });
});
