export { newEvent, stateOf } from '../commands/step.ts';
export { idOfStream } from '../ids.ts';
export { lastMove } from './document-moves.ts';
export {
  type CustomerHistory,
  factsOfHistory,
  type Knowledge,
  readHistory,
  readStoredHistory,
  type StoredHistory,
} from './history.ts';
export type { KnownCustomer } from './known-customer.ts';
export { type RecordedEvent, recordedEvent } from './recorded-event.ts';
export type {
  ChangedCustomer,
  DocumentChange,
  Projection,
  Recorder,
  ServiceViews,
  Timer,
  ViewsContext,
} from './types.ts';
