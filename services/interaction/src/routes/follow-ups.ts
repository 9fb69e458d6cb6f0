import { actionBody, followUpDoneBody, followUpMoveBody } from '@tenure/contracts';
import { type FollowUpCommand, followUpDecider, isoInstant, reject } from '@tenure/domain';
import { actionRoute, type Route, type ServiceContext } from '@tenure/runtime';

const common = {
  service: 'interaction',
  tags: ['follow-ups'],
  scopes: ['facts:write'],
  category: 'followup',
} as const;

/** A timer asks in vain if there is nothing to say; a person is told why. */
const missedByHand: typeof followUpDecider = {
  ...followUpDecider,
  decide(command, state) {
    if (state.status === 'unknown') return reject('not-found', 'there is no such follow-up');
    if (state.status === 'done') return reject('wrong-status', 'the follow-up is done');
    const decision = followUpDecider.decide(command, state);
    const isEarly = decision.kind === 'unchanged' && state.status === 'scheduled';
    return isEarly ? reject('wrong-status', `the follow-up is not due before ${isoInstant(state.dueAt)}`) : decision;
  },
};

/** What becomes of a follow-up visit that was planned. */
export function followUpRoutes(context: ServiceContext): readonly Route[] {
  return [
    actionRoute(context, {
      ...common,
      path: '/v1/follow-ups/{id}/move',
      operationId: 'moveFollowUp',
      summary: 'Give a follow-up visit another date',
      body: followUpMoveBody,
      decider: followUpDecider,
      command: ({ dueAt }, occurredAt): FollowUpCommand => ({
        type: 'MoveFollowUp',
        dueAt: Date.parse(dueAt),
        occurredAt,
      }),
    }),
    actionRoute(context, {
      ...common,
      path: '/v1/follow-ups/{id}/done',
      operationId: 'completeFollowUp',
      summary: 'Say that a follow-up visit took place',
      body: followUpDoneBody,
      decider: followUpDecider,
      command: ({ outcome, satisfaction }, occurredAt): FollowUpCommand => ({
        type: 'CompleteFollowUp',
        outcome,
        satisfaction,
        occurredAt,
      }),
    }),
    actionRoute(context, {
      ...common,
      path: '/v1/follow-ups/{id}/miss',
      operationId: 'missFollowUp',
      summary: 'Say that a follow-up visit that has fallen due was missed; it is said by itself soon after',
      body: actionBody,
      decider: missedByHand,
      command: (_, asOf): FollowUpCommand => ({ type: 'MissFollowUp', asOf }),
    }),
  ];
}
