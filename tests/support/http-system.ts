import type { Call, Called } from './log-system.ts';
import { type Running, type StartOptions, start } from './running.ts';

/** The whole product, asked by the names of its operations. */
export interface HttpSystem extends Running {
  call(call: Call): Promise<Called>;
}

export async function startHttpSystem(options: StartOptions): Promise<HttpSystem> {
  const running = await start(options);
  const paths: Record<string, Record<string, { operationId: string }>> = (await running.get('/openapi.json')).body
    .paths;
  const operations = new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [operationId, { method, path }] as const),
    ),
  );
  return {
    ...running,
    async call({ operationId, params = {}, query = {}, body }) {
      const operation = operations.get(operationId);
      if (operation === undefined) throw new Error(`there is no operation ${operationId}`);
      const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
      const search = new URLSearchParams(query).toString();
      const url = search === '' ? path : `${path}?${search}`;
      return running.send(operation.method.toUpperCase(), url, body);
    },
  };
}
