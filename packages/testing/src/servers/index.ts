export { type EventStoreDBOptions, type EventStoreDBServer, startEventStoreDB } from './eventstoredb.ts';
export type { KafkaOptions, KafkaServer } from './kafka/server.ts';
export { hasKafka, startKafka } from './kafka.ts';
export { hasMongoDB, startMongoDB } from './mongodb.ts';
export type { MongoDBOptions, MongoDBServer } from './mongodb-server.ts';
