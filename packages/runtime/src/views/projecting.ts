import { type Consumer, type Delivery, PoisonError } from '@tenure/event-bus';
import type { Document } from '@tenure/read-store';
import { type CustomerCache, shownState } from './customer-cache.ts';
import type { KnownCustomer } from './known-customer.ts';
import type { RecordedEvent } from './recorded-event.ts';
import { poisonOrPassing, readDelivery } from './recorded-event.ts';
import { DocumentWriter, documentKey, untilWritten } from './replace-documents.ts';
import { checkpointsOf, storedCheckpoint } from './stored-checkpoint.ts';
import type { DocumentChange, Projection, ViewsContext } from './types.ts';

export const projectingConsumer = 'views';

interface Parts {
  readonly projections: readonly Projection[];
  readonly customers: CustomerCache;
  readonly context: ViewsContext;
  /** Remembered for each collection. */
  readonly maxGuards: number | undefined;
  /** Called with every policy that becomes known, before anything is folded by it. */
  readonly onPolicy: (event: RecordedEvent) => void;
}

/** Events to documents: every projection of the process in one write, with the checkpoint. */
export function createProjectingConsumer({ projections, customers, context, maxGuards, onPolicy }: Parts): Consumer {
  const writer = new DocumentWriter(context.views, maxGuards);
  const perCustomer = projections.filter((projection) => projection.customer !== undefined);
  const standingsIn = projections.map(({ keepsStandingsIn }) => keepsStandingsIn).find((name) => name !== undefined);
  const perEvent = projections.filter((projection) => projection.event !== undefined);

  /** What was written when only a part of a moment had been delivered, and is not so, is known to the views alone. */
  const writtenStandings = async (customer: KnownCustomer): Promise<readonly Document[]> => {
    if (standingsIn === undefined || !customer.isRetold) return [];
    customer.isRetold = false;
    const found = customer.ids.map((id) =>
      context.views.find(standingsIn, { filter: { _id: { $gte: `${id}/`, $lt: `${id}0` } } }),
    );
    return (await Promise.all(found)).flat();
  };

  const handle = async (delivery: Delivery, delivered: readonly RecordedEvent[]): Promise<void> => {
    const changes = new Map<string, DocumentChange & { guard: string }>();
    const put = (list: readonly DocumentChange[], guard: string): void => {
      for (const change of list) changes.set(documentKey(change.collection, change.id), { guard, ...change });
    };

    using changed = await customers.apply(delivered, delivery.partition);
    const { policiesAt } = customers;
    for (const [customer, own] of changed) {
      if (perCustomer.length === 0 || !own.some((event) => moves(customer, event))) continue;
      const first = own[0];
      if (first === undefined) continue;
      if (customer.ids.length > 1) await customers.retell(customer);
      const since = Math.min(first.recordedAt, customers.restatedFrom);
      const written = await writtenStandings(customer);
      try {
        const state = shownState(customer);
        if (state === undefined) continue;
        const standings = new Map(customer.standings?.take(since));
        for (const { _id, knownFrom } of written) {
          if (Number(knownFrom) >= since && !standings.has(_id)) standings.set(_id, null);
        }
        for (const projection of perCustomer) {
          put(
            projection.customer?.({ customer, state, events: own, policiesAt, standings }, context) ?? [],
            customer.changedAt,
          );
        }
      } catch (error) {
        // Pure: what it cannot do now it never can.
        throw new PoisonError(first, { cause: error });
      }
    }
    // Customers' documents mostly exist already.
    await writer.expectStored(changes.values());
    for (const event of delivered) {
      for (const projection of perEvent) {
        if (projection.eventTypes?.has(event.type) !== true) continue;
        try {
          put((await projection.event?.(event, context)) ?? [], event.position);
        } catch (error) {
          throw poisonOrPassing(event, error);
        }
      }
    }
    await writer.write(changes, checkpointsOf(projectingConsumer, delivery));
  };

  /** Where somebody else has written since, customers are read from the log again: it has all that the other knew. */
  const handleUntilWritten = async (delivery: Delivery): Promise<void> => {
    const delivered = readDelivery(delivery.events);
    for (const event of delivered) if (event.type === 'PolicyPublished') onPolicy(event);
    await untilWritten(
      () => handle(delivery, delivered),
      () => {
        // All of the delivery: what projections noted of it was not written.
        for (const { customerId } of delivered) if (customerId !== null) customers.forget(customerId);
      },
    );
  };

  /** Projections may remember what they have written; after a failure that is not known any more. */
  const handleOrForget = async (delivery: Delivery): Promise<void> => {
    try {
      await handleUntilWritten(delivery);
    } catch (error) {
      customers.clear();
      throw error;
    }
  };

  return {
    name: projectingConsumer,
    checkpoint: (partition) => storedCheckpoint(context.views, projectingConsumer, partition),
    handle: handleOrForget,
    reassigned: async () => {
      customers.reassigned();
      writer.forget();
    },
  };
}

/** Whether the customer's documents show this event: derivations that say nothing new don't move them. */
function moves(customer: KnownCustomer, event: RecordedEvent): boolean {
  return customer.changedAt >= event.position || event.type === 'KeyLinked' || event.type === 'PurchaseClaimed';
}
