export { type Consumers, type ConsumersOptions, createConsumers, stateCollections } from '../views/consumers.ts';
export { collectionsOf } from '../views/view-version.ts';
export { serveForTest, type TestAnswer, type TestServer, type TestServerOptions } from './serve-for-test.ts';
