import { type CustomerState, evolveStages, type RecordedStages, sameTransition, stageEvents } from '@tenure/domain';
import type { Recorder, RecordingMark } from '@tenure/runtime/views';

interface LifecycleMark extends RecordingMark {
  readonly recorded: RecordedStages;
}

/** Records changes of stage in the customer's lifecycle stream. */
export const lifecycleRecorder: Recorder<LifecycleMark> = {
  name: 'lifecycle',
  service: 'analytics',
  timer: { collection: 'customers', field: '_times.nextStageChangeAt' },
  stream: (customerId) => `lifecycle-${customerId}`,

  full: (customerId, state, events) => stageEvents(customerId, events.reduce(evolveStages, []), state.transitions),

  quick(customerId, { transitions }: CustomerState, { recorded }) {
    const last = recorded.length - 1;
    const [known, derived] = [recorded[last], transitions[last]];
    if (known === undefined) return stageEvents(customerId, [], transitions);
    if (derived === undefined || !sameTransition(known, derived)) return undefined;
    return transitions.length === recorded.length ? [] : stageEvents(customerId, recorded, transitions);
  },

  mark: ({ transitions }, generation) => ({ generation, recorded: [...transitions] }),
};
