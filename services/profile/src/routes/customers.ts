import { customerBody, customerLinkBody, customerPatchBody, idParams } from '@tenure/contracts';
import { type ChangeProfile, profileDecider } from '@tenure/domain';
import {
  answerWrite,
  commandIdOf,
  customerStreams,
  defineRoute,
  factInstant,
  handleCommand,
  type Route,
  type ServiceContext,
  step,
  writeResponses,
} from '@tenure/runtime';
import { identified } from '../contact-points.ts';
import { divided, linkedProfiles } from '../linked-profiles.ts';
import { namedKeyDecider } from '../linking.ts';
import { checkObservations } from '../observations.ts';

const common = {
  tags: ['customers'],
  scopes: ['customers:write'],
  limits: { bodyBytes: 512 * 1024, timeoutMs: 5_000 },
  responses: writeResponses,
} as const;

const values = [
  'unknown-attribute',
  'invalid-attribute',
  'too-many-attributes',
  'invalid-contact-point',
  'too-many-contact-points',
  'out-of-order',
  'in-the-future',
] as const;

/** Who a customer is: registered, changed, linked with other keys of theirs. */
export function customerRoutes(context: ServiceContext): readonly Route[] {
  const { ids, clock } = context;
  const at = (instant: string | undefined): number =>
    instant === undefined ? clock.now() : factInstant(instant, clock);

  return [
    defineRoute({
      ...common,
      method: 'POST',
      path: '/v1/customers',
      operationId: 'registerCustomer',
      summary: 'Register a person or an organisation; completes one that a fact has registered',
      body: customerBody,
      problems: ['already-registered', ...values],
      async handler({ body, origin }) {
        const { source, key } = body.customer;
        const customerId = ids.customerId(source, key);
        const contentHash = ids.contentHash(1, body);
        checkObservations(clock, body.attributes, body.contactPoints);
        const result = await handleCommand(context, {
          service: 'profile',
          origin,
          commandId: ids.factCommandId('customer', source, customerId, contentHash),
          stream: customerStreams.profile(customerId),
          decider: profileDecider,
          command: {
            type: 'RegisterCustomer',
            customerId,
            source,
            key,
            kind: body.kind,
            attributes: body.attributes,
            contactPoints: identified(ids, body.contactPoints ?? []),
            contentHash,
            occurredAt: at(body.occurredAt),
          },
          optimistic: true,
        });
        return answerWrite(customerId, result);
      },
    }),
    defineRoute({
      ...common,
      method: 'PATCH',
      path: '/v1/customers/{id}',
      operationId: 'changeCustomer',
      summary: 'Change attributes, contact points and the mark of a key account, all of it or nothing',
      params: idParams,
      body: customerPatchBody,
      ifMatch: true,
      problems: ['not-found', 'precondition-failed', 'unknown-contact-point', ...values],
      async handler({ params, body, origin }) {
        const { attributes, contactPoints, keyAccount } = body;
        checkObservations(clock, attributes, contactPoints?.add, '/contactPoints/add');
        const change: ChangeProfile = {
          type: 'ChangeProfile',
          attributes,
          contactPoints: { ...contactPoints, add: identified(ids, contactPoints?.add ?? []) },
          keyAccount,
          occurredAt: at(body.occurredAt),
        };
        const profiles = await linkedProfiles(context.commands, params.id);
        const [canonicalId = params.id] = profiles.keys();
        const result = await context.commands.handle({
          service: 'profile',
          origin,
          commandId: commandIdOf(ids, 'changeCustomer', origin, { id: params.id, body }),
          steps: [...divided(change, profiles)].map(([id, command]) =>
            step({
              stream: customerStreams.profile(id),
              decider: profileDecider,
              command,
              // The ETag is that of the profile which new things are said in.
              expectedRevision: id === canonicalId ? origin.ifMatch : undefined,
            }),
          ),
        });
        return answerWrite(canonicalId, result);
      },
    }),
    defineRoute({
      ...common,
      method: 'POST',
      path: '/v1/customers/{id}/links',
      operationId: 'linkCustomer',
      summary: 'Say that another key is the same customer',
      params: idParams,
      body: customerLinkBody,
      problems: ['not-found', 'self-link'],
      async handler({ params: { id }, body: { customer }, origin }) {
        const { source, key } = customer;
        const otherId = ids.customerId(source, key);
        const occurredAt = clock.now();
        const result = await context.commands.handle({
          service: 'profile',
          origin,
          commandId: ids.factCommandId('link', id, otherId, ''),
          // The answer is about the customer of the path, whose step is therefore the last.
          steps: [
            step({
              stream: customerStreams.profile(otherId),
              decider: namedKeyDecider,
              command: { type: 'LinkKey', customerId: otherId, source, key, otherCustomerId: id, occurredAt },
            }),
            step({
              stream: customerStreams.profile(id),
              decider: profileDecider,
              command: { type: 'LinkKey', otherCustomerId: otherId, occurredAt },
            }),
          ],
        });
        return answerWrite(id, result);
      },
    }),
  ];
}
