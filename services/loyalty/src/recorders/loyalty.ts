import { LoyaltyAccount, loyaltyEvents, type RecordedLoyalty, recordedAccount, recordedLoyalty } from '@tenure/domain';
import type { Recorder } from '@tenure/runtime/views';

const noAccount = new LoyaltyAccount([]);

/** Records movements of points and changes of tier in the customer's loyalty stream. */
export const loyaltyRecorder: Recorder<RecordedLoyalty> = {
  name: 'loyalty',
  service: 'loyalty',
  timer: { collection: 'loyalty-timers', field: 'dueAt' },
  stream: (customerId) => `loyalty-${customerId}`,
  recorded: (events) => recordedLoyalty(events),
  missing: (customerId, state, recorded) => loyaltyEvents(customerId, recorded, state?.account ?? noAccount),
  complete: (state) => recordedAccount(state?.account ?? noAccount),
};
