import type { Fact } from '../oracle/index.ts';

/** A purchase or a refund as publishers send it in a batch. */
export function publishedFact(fact: Fact): object {
  if (fact.kind !== 'purchase' && fact.kind !== 'refund') throw new Error(`a ${fact.kind} is not published this way`);
  const { source, occurredAt, currency } = fact;
  const common = {
    source,
    occurredAt: new Date(occurredAt).toISOString(),
    customer: fact.customer === null ? null : { source, key: fact.customer },
    currency,
  };
  if (fact.kind === 'purchase') return { type: 'purchase', orderId: fact.id, ...common, lines: fact.lines };
  return {
    type: 'refund',
    refundId: fact.id,
    ...(fact.original === null ? {} : { originalOrderId: fact.original }),
    ...common,
    lines: fact.lines.map(({ lineId, productId, quantity, amountMinor }) => ({
      lineId,
      productId,
      quantity,
      amountMinor,
    })),
  };
}
