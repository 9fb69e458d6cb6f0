import { idParams, policyView, publishBody, type WhatIfView, whatIfBody, whatIfView } from '@tenure/contracts';
import { isoInstant } from '@tenure/domain';
import { commandIdOf, defineRoute, publishDraft, type Route, readAsOf, type ServiceContext } from '@tenure/runtime';
import { type WhatIfJob, WhatIfJobs } from '../what-if/jobs.ts';

const common = {
  tags: ['audit'],
  scopes: ['audit:read'],
  limits: { bodyBytes: 0, timeoutMs: 9_000 },
} as const;
const path = '/v1/audit/what-if';
const place = { Location: 'Where it is to be asked for' };
const published = {
  schema: policyView,
  headers: { 'Tenure-Position': 'The position of the write', ETag: "The policy's revision, for If-Match" },
};

/** History replayed under a draft policy: who would move from where to where. Nothing is written by it. */
export function whatIfRoutes(context: ServiceContext): readonly Route[] {
  const { clock, ids } = context;
  const jobs = new WhatIfJobs(context);
  return [
    defineRoute({
      ...common,
      method: 'POST',
      path,
      operationId: 'startWhatIf',
      summary: 'Replay history under a draft policy, without touching anything',
      description:
        'Answers at once; the result is asked for by `Location`. Everybody is folded twice, under the policies as they are and with the draft. Two are at work at once, the last 20 are kept in memory, and a restart forgets them.',
      limits: { bodyBytes: 64 * 1024, timeoutMs: 9_000 },
      body: whatIfBody,
      responses: {
        202: { description: 'It is at work', schema: whatIfView, headers: place },
        200: { description: 'The same Idempotency-Key came before', schema: whatIfView, headers: place },
      },
      problems: ['in-the-future', 'too-many-requests'],
      async handler({ body, origin }) {
        const { draft, effectiveFrom } = body;
        const now = clock.now();
        const { asOf = now, knownAt } = readAsOf(body, clock);
        const question = {
          draft,
          effectiveFrom: effectiveFrom === undefined ? undefined : Date.parse(effectiveFrom),
          asOf,
          knownAt,
        };
        const { job, isNew } = await jobs.start(commandIdOf(ids, 'startWhatIf', origin, body), question);
        return { status: isNew ? 202 : 200, headers: { location: `${path}/${job.id}` }, body: viewOf(job) };
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: `${path}/{id}`,
      operationId: 'getWhatIf',
      summary: 'How far a what-if is; then who would move, and how the reports would look',
      params: idParams,
      responses: { 200: { description: 'Progress, or the result', schema: whatIfView } },
      problems: ['not-found'],
      handler: ({ params: { id } }) => ({ status: 200, body: viewOf(jobs.get(id)) }),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: `${path}/{id}/cancel`,
      operationId: 'cancelWhatIf',
      summary: 'End a what-if that is at work',
      params: idParams,
      responses: { 200: { description: 'It is cancelled', schema: whatIfView } },
      problems: ['not-found', 'wrong-status'],
      handler: async ({ params: { id } }) => ({ status: 200, body: viewOf(await jobs.cancel(id)) }),
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: `${path}/{id}/publish`,
      operationId: 'publishWhatIf',
      summary: 'Publish the draft that was tried as the next version of its policy',
      description:
        'It holds from `effectiveFrom` on, whatever date it was tried with: what was decided before stays. `If-Match` names the revision of the policy that it follows.',
      scopes: ['audit:read', 'policies:write'],
      limits: { bodyBytes: 4 * 1024, timeoutMs: 5_000 },
      params: idParams,
      body: publishBody,
      ifMatch: true,
      responses: {
        202: { description: 'It is published', ...published },
        200: { description: 'It says no more than the version before', ...published },
      },
      problems: ['not-found', 'policy-version', 'in-the-past', 'out-of-order', 'precondition-failed'],
      handler: ({ params: { id }, body: { effectiveFrom }, origin }) =>
        publishDraft(context, {
          service: 'audit',
          operationId: 'publishWhatIf',
          origin,
          draft: jobs.get(id).draft,
          effectiveFrom,
        }),
    }),
  ];
}

function viewOf(job: WhatIfJob): WhatIfView {
  const { id, draft, effectiveFrom, asOf, knownAt, position, startedAt, outcome } = job;
  const { done, total, perSecond, secondsLeft } = job.progress();
  return {
    id,
    status: outcome.status,
    draft,
    effectiveFrom: effectiveFrom === undefined ? null : isoInstant(effectiveFrom),
    asOf: isoInstant(asOf),
    knownAt: isoInstant(knownAt ?? startedAt),
    position,
    startedAt: isoInstant(startedAt),
    finishedAt: outcome.status === 'running' ? null : isoInstant(outcome.finishedAt),
    progress: { done, total, perSecond, secondsLeft },
    reason: outcome.status === 'failed' ? outcome.reason : null,
    result: outcome.status === 'done' ? outcome.result : null,
  };
}
