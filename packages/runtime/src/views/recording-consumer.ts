import type { Consumer, Delivery } from '@tenure/event-bus';
import type { ViewSet } from '@tenure/read-store';
import { causeOf, type Occasion } from './causes.ts';
import type { CustomerCache } from './customer-cache.ts';
import type { ImportHolds } from './import-holds.ts';
import type { RecordedEvent } from './recorded-event.ts';
import { readDelivery } from './recorded-event.ts';
import type { Recording } from './recording.ts';
import { DocumentWriter, documentKey, untilWritten } from './replace-documents.ts';
import { checkpointsOf, storedCheckpoint } from './stored-checkpoint.ts';
import type { DocumentChange } from './types.ts';

export const recordingConsumer = 'recording';

/** Customers of a closed session that are recorded in one go. */
const releasedAtOnce = 500;

interface Parts {
  /** Where checkpoint and holds are kept; it outlives the versions of the views. */
  readonly state: ViewSet;
  readonly customers: CustomerCache;
  readonly recording: Recording;
  readonly holds: ImportHolds;
  /** Called with every policy that becomes known, before anything is recorded by it. */
  readonly onPolicy: (event: RecordedEvent) => void;
}

/** Facts to recorded derivations. */
export function createRecordingConsumer({ state, customers, recording, holds, onPolicy }: Parts): Consumer {
  const writer = new DocumentWriter(state);

  const handle = async (delivery: Delivery): Promise<void> => {
    const delivered = readDelivery(delivery.events);
    const { position } = delivery.checkpoint;
    const changes: DocumentChange[] = [];
    const released = new Map<string, Occasion>();
    for (const event of delivered) {
      if (event.type === 'PolicyPublished') onPolicy(event);
      for (const id of holds.note(event, changes)) released.set(id, { ...causeOf(event), upTo: event.position });
    }
    const due = new Map<string, Occasion>(released);
    using changed = await customers.apply(delivered, delivery.partition);
    for (const [customer, own] of changed) {
      const facts = own.filter((event) => !isDerived(event));
      const last = facts.at(-1);
      if (last === undefined) continue;
      for (const id of customer.ids) due.delete(id);
      if (holds.hold(customer.ids, own, changes)) continue;
      due.set(customer.id, { ...causeOf(last), events: facts, upTo: own.at(-1)?.position ?? last.position });
    }
    const entries = [...due];
    for (let start = 0; start < entries.length; start += releasedAtOnce) {
      await recording.record(new Map(entries.slice(start, start + releasedAtOnce)));
    }
    const guarded = changes.map(
      (change) => [documentKey(change.collection, change.id), { ...change, guard: position }] as const,
    );
    const checkpoints = checkpointsOf(recordingConsumer, delivery);
    // Whoever else writes these rows says the same of the same events: there is nothing to fold again.
    await untilWritten(() => writer.write(new Map(guarded), checkpoints));
  };

  let failed = false;
  const handleAfterFailure = async (delivery: Delivery): Promise<void> => {
    // It goes on from where the checkpoint is, which somebody else may have moved: of what was skipped nothing is known.
    if (failed) customers.reassigned();
    if (failed) await holds.reload();
    failed = true;
    await handle(delivery);
    failed = false;
  };

  return {
    name: recordingConsumer,
    checkpoint: (partition) => storedCheckpoint(state, recordingConsumer, partition),
    handle: handleAfterFailure,
    reassigned: async () => {
      customers.reassigned();
      writer.forget();
      await holds.reload();
    },
  };
}

function isDerived({ type }: RecordedEvent): boolean {
  return type.startsWith('Stage') || type.startsWith('Points') || type === 'TierChanged' || type === 'LoyaltyRestated';
}
