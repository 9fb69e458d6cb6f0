import { type ImportView, idParams, importBody, importView } from '@tenure/contracts';
import { importSessionDecider, isoInstant } from '@tenure/domain';
import {
  type CommandResult,
  defineRoute,
  handleCommand,
  idOfStream,
  Problem,
  type RawAnswer,
  type Route,
  rejectionProblem,
  type ServiceContext,
  streamName,
} from '@tenure/runtime';
import { recordedEvent } from '@tenure/runtime/views';

const common = {
  tags: ['imports'],
  scopes: ['facts:write'],
  limits: { bodyBytes: 4 * 1024, timeoutMs: 5_000 },
} as const;

const session = { schema: importView, headers: { 'Tenure-Position': 'The position of the write' } };

/** Sessions of bulk imports: what is derived for their customers is recorded when they are closed. */
export function importRoutes(context: ServiceContext): readonly Route[] {
  const { ids, clock } = context;

  return [
    defineRoute({
      ...common,
      method: 'POST',
      path: '/v1/imports',
      operationId: 'startImport',
      summary: 'Open an import session, or find the one with the same fingerprint again',
      body: importBody,
      responses: {
        202: { description: 'It is open', ...session },
        200: { description: 'It was there already', ...session },
      },
      async handler({ body: { name, fingerprint }, origin }) {
        const stream = ids.stream('import', fingerprint);
        const id = idOfStream(stream);
        const result = await handleCommand(context, {
          service: 'interaction',
          origin,
          commandId: ids.factCommandId('import', 'start', id, ''),
          stream,
          decider: importSessionDecider,
          command: { type: 'StartImport', session: id, name, occurredAt: clock.now() },
          optimistic: true,
        });
        return answer(context, id, result);
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/v1/imports/{id}/close',
      operationId: 'closeImport',
      summary: 'Close an import session; what is derived for its customers is recorded now',
      params: idParams,
      responses: {
        202: { description: 'It is closed', ...session },
        200: { description: 'It was closed already', ...session },
      },
      problems: ['not-found'],
      async handler({ params: { id }, origin }) {
        const result = await handleCommand(context, {
          service: 'interaction',
          origin,
          commandId: ids.factCommandId('import', 'close', id, ''),
          stream: streamName('import', id),
          decider: importSessionDecider,
          command: { type: 'FinishImport', session: id, occurredAt: clock.now() },
        });
        return answer(context, id, result);
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/v1/imports/{id}',
      operationId: 'getImport',
      summary: 'An import session',
      limits: { bodyBytes: 0, timeoutMs: 5_000 },
      params: idParams,
      responses: { 200: { description: 'The session', schema: importView } },
      problems: ['not-found'],
      handler: async ({ params: { id } }) => ({ status: 200, body: await importSession(context, id) }),
    }),
  ];
}

async function answer(
  context: Pick<ServiceContext, 'store'>,
  id: string,
  result: CommandResult,
): Promise<RawAnswer & { readonly status: 200 | 202 }> {
  if (result.status === 'rejected') throw rejectionProblem(result.rejection);
  const text = JSON.stringify(await importSession(context, id));
  return {
    status: result.status === 'accepted' ? 202 : 200,
    headers: { 'tenure-position': result.position },
    text,
  };
}

/** @throws {Problem} `not-found` */
export async function importSession({ store }: Pick<ServiceContext, 'store'>, id: string): Promise<ImportView> {
  const events = (await store.readStream(streamName('import', id))).map(recordedEvent);
  const started = events.find((event) => event.type === 'ImportStarted');
  if (started?.type !== 'ImportStarted') throw new Problem('not-found', `There is no import ${id}`);
  const finished = events.find((event) => event.type === 'ImportFinished');
  return {
    id,
    name: started.data.name,
    status: finished === undefined ? 'open' : 'finished',
    startedAt: isoInstant(started.occurredAt),
    finishedAt: finished === undefined ? null : isoInstant(finished.occurredAt),
  };
}
