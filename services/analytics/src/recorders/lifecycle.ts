import { evolveStages, type RecordedStages, stageEvents } from '@tenure/domain';
import type { Recorder } from '@tenure/runtime/views';

/** Records changes of stage in the customer's lifecycle stream. */
export const lifecycleRecorder: Recorder<RecordedStages> = {
  name: 'lifecycle',
  service: 'analytics',
  timer: { collection: 'customers', field: '_times.nextStageChangeAt' },
  stream: (customerId) => `lifecycle-${customerId}`,
  recorded: (events) => events.reduce<RecordedStages>(evolveStages, []),
  missing: (customerId, state, recorded) => stageEvents(customerId, recorded, state?.transitions ?? []),
  complete: (state) => [...(state?.transitions ?? [])],
};
