import { parentPort, workerData } from 'node:worker_threads';
import { QueryEngine } from './query-engine.ts';
import { failureOf, type QueryAnswer, type QueryCall, type QueryRequest } from './query-messages.ts';

/** The thread that answers the queries on all files that its owner has opened. */
const engines = new Map<string, QueryEngine>();
const timeoutMs = Number(workerData);

parentPort?.on('message', (request: QueryRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});

async function answer({ id, file, call }: QueryRequest): Promise<QueryAnswer> {
  try {
    return { id, value: await run(file, call) };
  } catch (error) {
    return { id, failure: failureOf(error) };
  }
}

async function run(file: string, call: QueryCall): Promise<unknown> {
  const engine = engines.get(file) ?? new QueryEngine(file, timeoutMs);
  engines.set(file, engine);
  switch (call.method) {
    case 'find':
      return engine.find(call.collection, call.options);
    case 'aggregate':
      return engine.aggregate(call.collection, call.pipeline);
    case 'count':
      return engine.count(call.collection, call.filter);
    case 'page':
      return engine.page(call.collection, call.options, call.limit, call.start);
    case 'release':
      return engine.release(call.stream);
    case 'close':
      engines.delete(file);
      return engine.close();
  }
}
