import { type Fact, type FactContext, factRoute, type Route, type ServiceContext } from '@tenure/runtime';
import { contactFact } from '../facts/contact.ts';
import { followUpFact } from '../facts/follow-up.ts';
import { purchaseFact } from '../facts/purchase.ts';
import { refundFact } from '../facts/refund.ts';
import { surveyFact, surveyResponseFact } from '../facts/survey.ts';

/** What the service takes out of batches. */
export const facts = (context: FactContext): readonly Fact[] => [
  purchaseFact(context),
  refundFact(context),
  contactFact(context),
  followUpFact(context),
  surveyFact(context),
  surveyResponseFact(context),
];

/** The same, each in a request of its own. */
export function factRoutes(context: ServiceContext): readonly Route[] {
  const orders = ['duplicate-line-id', 'amount-too-large'] as const;
  return [
    factRoute(context, {
      path: '/v1/purchases',
      operationId: 'recordPurchase',
      summary: 'Record a purchase',
      tags: ['purchases'],
      fact: purchaseFact(context),
      problems: orders,
    }),
    factRoute(context, {
      path: '/v1/refunds',
      operationId: 'recordRefund',
      summary: 'Record a refund, of a purchase that is named or of none',
      tags: ['purchases'],
      fact: refundFact(context),
      problems: orders,
    }),
    factRoute(context, {
      path: '/v1/contacts',
      operationId: 'recordContact',
      summary: 'Record a contact with a customer',
      tags: ['contacts'],
      fact: contactFact(context),
    }),
    factRoute(context, {
      path: '/v1/follow-ups',
      operationId: 'scheduleFollowUp',
      summary: 'Plan a follow-up visit',
      tags: ['follow-ups'],
      fact: followUpFact(context),
      problems: ['out-of-order'],
    }),
    factRoute(context, {
      path: '/v1/surveys',
      operationId: 'inviteToSurvey',
      summary: 'Record that a customer was asked how satisfied they are',
      tags: ['surveys'],
      fact: surveyFact(context),
    }),
    factRoute(context, {
      path: '/v1/survey-responses',
      operationId: 'answerSurvey',
      summary: 'Record the answer to an invitation',
      tags: ['surveys'],
      fact: surveyResponseFact(context),
      problems: ['not-found', 'score-out-of-range', 'out-of-order'],
    }),
  ];
}
