import { Readable } from 'node:stream';
import { batchQuery, factLine, factResult } from '@tenure/contracts';
import { defineRoute, factScope, maxFactBytes, type Route, type ServiceContext } from '@tenure/runtime';
import { BatchLines } from '../batch/decide-lines.ts';
import { inOrder } from '../batch/in-order.ts';
import { readLines } from '../batch/read-lines.ts';
import { importSession } from './imports.ts';

/** What arrived together is decided together; so many of those are on their way at once, to be committed together. */
const chunksAtOnce = 16;
const ndjson = 'application/x-ndjson';

/** Facts in bulk: lines in, an answer to each out, in order, while lines still come in. */
export function batchRoute(context: ServiceContext): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/facts/batch',
    operationId: 'recordFacts',
    summary: 'Record facts in bulk, one a line, each answered once it is durable',
    description:
      'Each line is the body of a fact with its `type`. A bad line stops nothing. Answers come in the order of the lines; ' +
      'reading stops while they are not read. When the store fails, the rest is answered 503.',
    tags: ['facts'],
    scopes: [factScope],
    limits: { bodyBytes: maxFactBytes, timeoutMs: 'stream', concurrency: 16 },
    query: batchQuery,
    bodyStream: { contentType: ndjson, line: factLine },
    responses: { 200: { description: 'An answer to each line', schema: factResult, contentTypes: [ndjson] } },
    problems: ['not-found'],
    async handler({ query: { session }, origin, stream, signal }) {
      if (session !== undefined) await importSession(context, session);
      if (stream === undefined) throw new Error('the body of a batch is a stream');
      const lines = new BatchLines(context, { origin, session }, maxFactBytes);
      const answers = inOrder(readLines(stream, maxFactBytes), (some) => lines.decide(some), {
        atOnce: chunksAtOnce,
        signal,
      });
      return {
        status: 200,
        contentType: ndjson,
        stream: Readable.from(answers, { objectMode: true, highWaterMark: 1 }),
      };
    },
  });
}
