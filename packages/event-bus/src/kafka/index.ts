export type { KafkaConnection, KafkaLogLevel } from './connection.ts';
export { PublisherFencedError } from './errors.ts';
export {
  createKafkaInbox,
  type InboxMessage,
  type InboxVerdict,
  type KafkaInbox,
  type KafkaInboxOptions,
} from './inbox.ts';
export { createKafkaEventBus, type KafkaEventBusOptions } from './kafka-event-bus.ts';
export { partitionOf } from './partition-of.ts';
export { createKafkaPublisher, type KafkaPublisherOptions, type LogPublisher } from './publisher.ts';
export { declareTopics, ensureTopics, type TopicOptions, type Topics } from './topics.ts';
