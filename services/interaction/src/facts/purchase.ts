import { purchaseBody } from '@tenure/contracts';
import { purchaseDecider } from '@tenure/domain';
import { defineFact, type FactContext, factInstant, idOfStream, namedCustomer, singleCommand } from '@tenure/runtime';

/** A purchase, in a stream of its own. */
export const purchaseFact = ({ ids, clock }: FactContext) =>
  defineFact({
    type: 'purchase',
    schema: purchaseBody,
    command(body, from) {
      const { customer, occurredAt: instant, ...content } = body;
      const { source, orderId } = content;
      const occurredAt = factInstant(instant, clock);
      const { customerId, register } = namedCustomer(ids, customer, occurredAt);
      const contentHash = ids.contentHash(1, body);
      const stream = ids.purchaseStream(source, orderId);
      const request = singleCommand({
        ...from,
        service: 'interaction',
        commandId: ids.factCommandId('purchase', source, orderId, contentHash),
        register,
        stream,
        decider: purchaseDecider,
        command: { type: 'RecordPurchase', content, contentHash, customerId, occurredAt },
        optimistic: true,
      });
      return { id: idOfStream(stream), request };
    },
  });
