import { refundBody } from '@tenure/contracts';
import { purchaseDecider, refundDecider } from '@tenure/domain';
import { defineFact, type FactContext, factInstant, idOfStream, namedCustomer, step } from '@tenure/runtime';

/**
 * A refund. One that names no purchase stands in a stream of its own; one that does stands in the purchase's, and takes
 * its id in its own before, so that one refund never counts twice, whatever it names the second time.
 */
export const refundFact = ({ ids, clock }: FactContext) =>
  defineFact({
    type: 'refund',
    schema: refundBody,
    command(body, from) {
      const { customer, occurredAt: instant, reason, ...content } = body;
      const { source, refundId, originalOrderId } = content;
      const occurredAt = factInstant(instant, clock);
      const { customerId, register } = namedCustomer(ids, customer, occurredAt);
      const contentHash = ids.contentHash(1, body);
      const fact = { content, personal: { reason }, contentHash, customerId, occurredAt };
      const own = { stream: ids.refundStream(source, refundId), decider: refundDecider, optimistic: true };
      const steps =
        originalOrderId === undefined
          ? [step({ ...own, command: { type: 'RecordUnmatchedRefund', ...fact } })]
          : [
              step({ ...own, command: { type: 'ReserveRefund', ...fact } }),
              step({
                stream: ids.purchaseStream(source, originalOrderId),
                decider: purchaseDecider,
                command: { type: 'RecordRefund', ...fact },
              }),
            ];
      const commandId = ids.factCommandId('refund', source, refundId, contentHash);
      const request = { ...from, service: 'interaction' as const, commandId, register, steps };
      return { id: idOfStream(own.stream), request };
    },
  });
