import { idParams, rebuildRequest, rebuildView } from '@tenure/contracts';
import type { CollectionDefinition } from '@tenure/read-store';
import { defineList } from '../http/list.ts';
import { listedDocuments } from '../http/listed-documents.ts';
import { Problem } from '../http/problem.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Views } from '../views/start-views.ts';
import { jobOf, noJob, rebuildOf } from './job-views.ts';

const path = '/v1/audit/rebuilds';
const list = defineList({
  collection: 'rebuilds',
  row: rebuildView,
  description: 'Rebuilds of the views',
  key: 'id',
  order: '-startedAt',
});

const common = { tags: ['audit'], limits: { bodyBytes: 0, timeoutMs: 9_000 } } as const;
const readScopes = ['audit:read'];
const writeScopes = ['audit:write'];

const actions = [
  ['cancel', 'cancel', 'End a rebuild; what it has built is dropped'],
  ['switch-back', 'switchBack', 'Serve the version again that is kept, once it has caught up'],
  ['drop', 'dropKept', 'Drop the version that is kept: there is no way back then'],
] as const;

/** Views built anew from the log while all goes on, and the way back. */
export function rebuildRoutes(
  views: Pick<Views, 'jobs' | 'requestJob'>,
  collections: readonly CollectionDefinition[],
): readonly Route[] {
  const names = collections.map(({ name }) => name);
  const find = (id: string) => views.jobs.find((job) => job.id === id && job.kind === 'rebuild');
  return [
    defineRoute({
      ...common,
      method: 'POST',
      path,
      operationId: 'rebuildViews',
      summary: 'Build views anew from the log beside those that are served, compare, and switch to them',
      scopes: writeScopes,
      limits: { bodyBytes: 10_000, timeoutMs: 9_000 },
      body: rebuildRequest,
      responses: {
        202: { description: 'It is under way', schema: rebuildView, headers: { Location: 'Where it is followed' } },
      },
      problems: ['conflict'],
      handler: async ({ body: { view }, origin }) => {
        if (view !== 'all' && !names.includes(view)) {
          throw new Problem('invalid', 'There is no such view', {
            errors: [{ pointer: '/view', detail: `is none of all, ${names.join(', ')}` }],
          });
        }
        const job = jobOf(await views.requestJob({ kind: 'rebuild', view, actor: origin.actor }));
        return { status: 202, headers: { location: `${path}/${job.id}` }, body: rebuildOf(job, names) };
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path,
      operationId: 'listRebuilds',
      summary: 'Rebuilds of the views',
      scopes: readScopes,
      query: list.query,
      responses: { 200: list.response },
      problems: ['as-of-unsupported'],
      handler: (request) => {
        const jobs = views.jobs.filter(({ kind }) => kind === 'rebuild').map((job) => rebuildOf(job, names));
        const documents = jobs.map((job) => ({ _id: job.id, ...(JSON.parse(JSON.stringify(job)) as object) }));
        return list.answer(request, listedDocuments('rebuilds', documents));
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: `${path}/{id}`,
      operationId: 'getRebuild',
      summary: 'How far a rebuild is, and what it found',
      scopes: readScopes,
      params: idParams,
      responses: { 200: { description: 'The rebuild', schema: rebuildView } },
      problems: ['not-found'],
      handler: ({ params: { id } }) => {
        const job = find(id);
        if (job === undefined) throw noJob(id);
        return { status: 200, body: rebuildOf(job, names) };
      },
    }),
    ...actions.map(([action, name, summary]) =>
      defineRoute({
        ...common,
        method: 'POST',
        path: `${path}/{id}/${action}`,
        operationId: `${name}Rebuild`,
        summary,
        scopes: writeScopes,
        params: idParams,
        responses: { 202: { description: 'It is under way, or done', schema: rebuildView } },
        problems: ['not-found', 'conflict'],
        handler: async ({ params: { id } }) => {
          if (find(id) === undefined) throw noJob(id);
          const kind = action === 'drop' ? 'drop-version' : action;
          return { status: 202, body: rebuildOf(jobOf(await views.requestJob({ kind, id }), id), names) };
        },
      }),
    ),
  ];
}
