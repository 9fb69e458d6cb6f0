import { contactBody } from '@tenure/contracts';
import { contactDecider } from '@tenure/domain';
import { defineFact, type FactContext, factInstant, idOfStream, namedCustomer, singleCommand } from '@tenure/runtime';

/** A contact on one of the nine channels. */
export const contactFact = ({ ids, clock }: FactContext) =>
  defineFact({
    type: 'contact',
    schema: contactBody,
    command(body, from) {
      const { customer, occurredAt: instant, subject, text, ...content } = body;
      const { source, contactId } = content;
      const occurredAt = factInstant(instant, clock);
      const { customerId, register } = namedCustomer(ids, customer, occurredAt);
      const contentHash = ids.contentHash(1, body);
      const stream = ids.contactStream(source, contactId);
      const request = singleCommand({
        ...from,
        service: 'interaction',
        commandId: ids.factCommandId('contact', source, contactId, contentHash),
        register,
        stream,
        decider: contactDecider,
        command: { type: 'RecordContact', content, personal: { subject, text }, contentHash, customerId, occurredAt },
        optimistic: true,
      });
      return { id: idOfStream(stream), request };
    },
  });
