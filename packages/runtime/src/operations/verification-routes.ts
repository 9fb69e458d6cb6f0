import { idParams, verificationRequest, verificationView } from '@tenure/contracts';
import { defineList } from '../http/list.ts';
import { listedDocuments } from '../http/listed-documents.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { Views } from '../views/start-views.ts';
import { jobOf, noJob, verificationOf } from './job-views.ts';

const path = '/v1/audit/verifications';
const list = defineList({
  collection: 'verifications',
  row: verificationView,
  description: 'Verifications of the views',
  key: 'id',
  order: '-startedAt',
});

const common = { tags: ['audit'], limits: { bodyBytes: 0, timeoutMs: 9_000 } } as const;

/** What is served compared with the log, all of it or a sample, while all goes on. */
export function verificationRoutes(views: Pick<Views, 'jobs' | 'requestJob'>): readonly Route[] {
  const find = (id: string) => views.jobs.find((job) => job.id === id && job.kind === 'verification');
  return [
    defineRoute({
      ...common,
      method: 'POST',
      path,
      operationId: 'verifyViews',
      summary: 'Compare what is served with the pure fold of the log, and heal what differs if asked to',
      scopes: ['audit:write'],
      limits: { bodyBytes: 1_000_000, timeoutMs: 9_000 },
      body: verificationRequest,
      responses: {
        202: {
          description: 'It is under way',
          schema: verificationView,
          headers: { Location: 'Where it is followed' },
        },
      },
      problems: ['conflict'],
      handler: async ({ body: { sample, customers, heal }, origin }) => {
        const scope = { sample: sample ?? null, customers: customers ?? null, heal: heal ?? false };
        const job = jobOf(await views.requestJob({ kind: 'verification', scope, actor: origin.actor }));
        return { status: 202, headers: { location: `${path}/${job.id}` }, body: verificationOf(job) };
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path,
      operationId: 'listVerifications',
      summary: 'Verifications of the views',
      scopes: ['audit:read'],
      query: list.query,
      responses: { 200: list.response },
      problems: ['as-of-unsupported'],
      handler: (request) => {
        const jobs = views.jobs.filter(({ kind }) => kind === 'verification').map(verificationOf);
        const documents = jobs.map((job) => ({ _id: job.id, ...(JSON.parse(JSON.stringify(job)) as object) }));
        return list.answer(request, listedDocuments('verifications', documents));
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: `${path}/{id}`,
      operationId: 'getVerification',
      summary: 'How far a verification is, and what it found',
      scopes: ['audit:read'],
      params: idParams,
      responses: { 200: { description: 'The verification', schema: verificationView } },
      problems: ['not-found'],
      handler: ({ params: { id } }) => {
        const job = find(id);
        if (job === undefined) throw noJob(id);
        return { status: 200, body: verificationOf(job) };
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: `${path}/{id}/cancel`,
      operationId: 'cancelVerification',
      summary: 'End a verification',
      scopes: ['audit:write'],
      params: idParams,
      responses: { 202: { description: 'It ends', schema: verificationView } },
      problems: ['not-found', 'conflict'],
      handler: async ({ params: { id } }) => {
        if (find(id) === undefined) throw noJob(id);
        return { status: 202, body: verificationOf(jobOf(await views.requestJob({ kind: 'cancel', id }), id)) };
      },
    }),
  ];
}
