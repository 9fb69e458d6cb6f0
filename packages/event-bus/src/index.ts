export {
  type Consumer,
  type Delivery,
  type EventBus,
  type Park,
  type ParkingLot,
  PoisonError,
  type PoisonedEvent,
  type ReplayOutcome,
  type Subscription,
} from './port.ts';
