export { type EventStoreDBOptions, type EventStoreDBServer, startEventStoreDB } from './eventstoredb.ts';
export { hasKafka, type KafkaOptions, type KafkaServer, startKafka } from './kafka.ts';
export { type ServersMode, serversMode } from './mode.ts';
export { hasMongoDB, type MongoDBOptions, type MongoDBServer, startMongoDB } from './mongodb.ts';
