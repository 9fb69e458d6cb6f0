export type { KafkaConnection, KafkaLogLevel } from './connection.ts';
export {
  BadMessageError,
  LogBehindTopicError,
  OtherLogError,
  PublisherFencedError,
  TopicMismatchError,
  UnknownCheckpointError,
} from './errors.ts';
export { createKafkaEventBus, type KafkaEventBusOptions } from './kafka-event-bus.ts';
export { partitionOf } from './partition-of.ts';
export { createKafkaPublisher, type KafkaPublisherOptions, type LogPublisher } from './publisher.ts';
export { declareTopics, ensureTopics, type TopicOptions, type Topics } from './topics.ts';
