import { policyBody, policyView } from '@tenure/contracts';
import {
  defineList,
  defineRoute,
  listedDocuments,
  policyVersions,
  publishDraft,
  type Route,
  type ServiceContext,
} from '@tenure/runtime';

const list = defineList({
  collection: 'policies',
  row: policyView,
  description: 'Published versions of policies',
  key: 'id',
  order: 'policy,version',
});

const published = {
  schema: policyView,
  headers: { 'Tenure-Position': 'The position of the write', ETag: "The policy's revision, for If-Match" },
};

/** The versions of policies, and the way to a next one. */
export function policyRoutes(context: ServiceContext): readonly Route[] {
  const { store, clock } = context;
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/policies',
      operationId: 'listPolicies',
      summary: 'Every version of every policy, and which are in force',
      tags: ['policies'],
      scopes: ['policies:read'],
      limits: { bodyBytes: 0, timeoutMs: 5_000 },
      query: list.query,
      responses: { 200: list.response },
      problems: ['as-of-unsupported'],
      handler: async (request) => {
        const versions = await policyVersions(store, clock.now());
        const documents = JSON.parse(JSON.stringify(versions.map((version) => ({ _id: version.id, ...version }))));
        return list.answer(request, listedDocuments('policies', documents));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/policies',
      operationId: 'publishPolicy',
      summary: 'Publish the next version of a policy',
      description:
        'It holds from `effectiveFrom` on, which is not in the past: what was decided before stays. A fact is judged by the version in force when it happened. `If-Match` names the revision of the policy that it follows.',
      tags: ['policies'],
      scopes: ['policies:write'],
      limits: { bodyBytes: 64 * 1024, timeoutMs: 5_000 },
      body: policyBody,
      ifMatch: true,
      responses: {
        202: { description: 'It is published', ...published },
        200: { description: 'It says no more than the version before', ...published },
      },
      problems: ['policy-version', 'in-the-past', 'out-of-order', 'precondition-failed'],
      handler: ({ body: { document, effectiveFrom }, origin }) =>
        publishDraft(context, {
          service: 'analytics',
          operationId: 'publishPolicy',
          origin,
          draft: document,
          effectiveFrom,
        }),
    }),
  ];
}
