import { surveyBody, surveyResponseBody } from '@tenure/contracts';
import { surveyDecider } from '@tenure/domain';
import { defineFact, type FactContext, factInstant, idOfStream, namedCustomer, singleCommand } from '@tenure/runtime';

/** An invitation to a survey. */
export const surveyFact = ({ ids, clock }: FactContext) =>
  defineFact({
    type: 'survey',
    schema: surveyBody,
    command(body, from) {
      const { customer, sentAt, ...content } = body;
      const { source, invitationId } = content;
      const occurredAt = factInstant(sentAt, clock, '/sentAt');
      const { customerId, register } = namedCustomer(ids, customer, occurredAt);
      const contentHash = ids.contentHash(1, body);
      const stream = ids.surveyStream(source, invitationId);
      const request = singleCommand({
        ...from,
        service: 'interaction',
        commandId: ids.factCommandId('survey', source, invitationId, contentHash),
        register,
        stream,
        decider: surveyDecider,
        command: { type: 'InviteToSurvey', content, contentHash, customerId, occurredAt },
        optimistic: true,
      });
      return { id: idOfStream(stream), request };
    },
  });

/** The one answer to an invitation; it belongs to whoever was invited. */
export const surveyResponseFact = ({ ids, clock }: FactContext) =>
  defineFact({
    type: 'survey-response',
    schema: surveyResponseBody,
    command(body, from) {
      const { source, invitationId, answeredAt, score, comment } = body;
      const occurredAt = factInstant(answeredAt, clock, '/answeredAt');
      const contentHash = ids.contentHash(1, body);
      const stream = ids.surveyStream(source, invitationId);
      const request = singleCommand({
        ...from,
        service: 'interaction',
        commandId: ids.factCommandId('survey-response', source, invitationId, contentHash),
        stream,
        decider: surveyDecider,
        command: { type: 'AnswerSurvey', source, invitationId, score, comment, contentHash, occurredAt },
      });
      return { id: idOfStream(stream), request };
    },
  });
