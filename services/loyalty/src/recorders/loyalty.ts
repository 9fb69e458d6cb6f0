import {
  type CustomerState,
  loyaltyEvents,
  movementEvents,
  type PointEntry,
  recordedLoyalty,
  sameTierStep,
  type TierStep,
} from '@tenure/domain';
import type { Recorder, RecordingMark } from '@tenure/runtime/views';

interface LoyaltyMark extends RecordingMark {
  readonly entries: number;
  readonly last: PointEntry | undefined;
  readonly tiers: number;
  readonly lastTier: TierStep | undefined;
}

/** Records movements of points and changes of tier in the customer's loyalty stream. */
export const loyaltyRecorder: Recorder<LoyaltyMark> = {
  name: 'loyalty',
  service: 'loyalty',
  timer: { collection: 'loyalty-timers', field: 'dueAt' },
  stream: (customerId) => `loyalty-${customerId}`,

  full: (customerId, { account }, events) => loyaltyEvents(customerId, recordedLoyalty(events), account),

  quick(customerId, { account }: CustomerState, { entries, last, tiers, lastTier }) {
    const step = account.tierSteps[tiers - 1];
    if (!isSame(account.entries[entries - 1], last)) return undefined;
    if (lastTier !== undefined && (step === undefined || !sameTierStep(step, lastTier))) return undefined;
    return movementEvents(customerId, account.entries.slice(entries), account.tierSteps.slice(tiers));
  },

  mark: ({ account }, generation) => ({
    generation,
    entries: account.entries.length,
    last: account.entries.at(-1),
    tiers: account.tierSteps.length,
    lastTier: account.tierSteps.at(-1),
  }),
};

function isSame(left: PointEntry | undefined, right: PointEntry | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.kind === right.kind && left.id === right.id && left.source === right.source && left.at === right.at;
}
