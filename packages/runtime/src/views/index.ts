export { newEvent, stateOf } from '../commands/step.ts';
export { idOfStream, streamName } from '../ids.ts';
export { CustomerCache, type KnownCustomer } from './customer-cache.ts';
export { type CustomerHistory, factsOfHistory, type Knowledge, readHistory } from './history.ts';
export { recordedEvent } from './recorded-event.ts';
export type {
  ChangedCustomer,
  DocumentChange,
  Projection,
  RecordedEvent,
  Recorder,
  ServiceViews,
  Timer,
  ViewsContext,
} from './types.ts';
