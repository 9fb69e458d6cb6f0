export { publishPolicies } from '../process/publish-policies.ts';
export { type Consumers, type ConsumersOptions, createConsumers, stateCollections } from '../views/consumers.ts';
export { type ParkedTimer, ParkedTimers } from '../views/parked-timers.ts';
export { createParkingLot, parkedCollection } from '../views/parking.ts';
export { Scheduler } from '../views/scheduler.ts';
export { storedCheckpoint } from '../views/stored-checkpoint.ts';
export { collectionsOf, stateVersion, viewVersion } from '../views/view-version.ts';
export { serveForTest, type TestAnswer, type TestServer, type TestServerOptions } from './serve-for-test.ts';
