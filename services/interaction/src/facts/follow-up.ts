import { followUpBody } from '@tenure/contracts';
import { followUpDecider } from '@tenure/domain';
import { defineFact, type FactContext, factInstant, idOfStream, namedCustomer, singleCommand } from '@tenure/runtime';

/** A follow-up visit that was planned. */
export const followUpFact = ({ ids, clock }: FactContext) =>
  defineFact({
    type: 'follow-up',
    schema: followUpBody,
    command(body, from) {
      const { customer, occurredAt: instant, purpose, ...content } = body;
      const { source, followUpId } = content;
      const occurredAt = factInstant(instant, clock);
      const { customerId, register } = namedCustomer(ids, customer, occurredAt);
      const contentHash = ids.contentHash(1, body);
      const stream = ids.followUpStream(source, followUpId);
      const request = singleCommand({
        ...from,
        service: 'interaction',
        commandId: ids.factCommandId('follow-up', source, followUpId, contentHash),
        register,
        stream,
        decider: followUpDecider,
        command: { type: 'ScheduleFollowUp', content, personal: { purpose }, contentHash, customerId, occurredAt },
        optimistic: true,
      });
      return { id: idOfStream(stream), request };
    },
  });
