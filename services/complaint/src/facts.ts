import { complaintBody } from '@tenure/contracts';
import { complaintDecider } from '@tenure/domain';
import { defineFact, type FactContext, factInstant, idOfStream, namedCustomer, singleCommand } from '@tenure/runtime';

/** A complaint that was filed. */
export const complaintFact = ({ ids, clock }: FactContext) =>
  defineFact({
    type: 'complaint',
    schema: complaintBody,
    command(body, from) {
      const { customer, occurredAt: instant, content: text, contact, ...content } = body;
      const { source, complaintId } = content;
      const occurredAt = factInstant(instant, clock);
      const { customerId, register } = namedCustomer(ids, customer, occurredAt);
      const contentHash = ids.contentHash(1, body);
      const stream = ids.complaintStream(source, complaintId);
      const request = singleCommand({
        ...from,
        service: 'complaint',
        commandId: ids.factCommandId('complaint', source, complaintId, contentHash),
        register,
        stream,
        decider: complaintDecider,
        command: {
          type: 'FileComplaint',
          content,
          personal: { content: text, contact },
          contentHash,
          customerId,
          occurredAt,
        },
        optimistic: true,
      });
      return { id: idOfStream(stream), request };
    },
  });
