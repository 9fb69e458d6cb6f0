export type { Clock } from './clock.ts';
export { type EventStoreDBDouble, type EventStoreDBDoubleOptions, openEventStoreDBDouble } from './double.ts';
export type { FailureControls } from './failures.ts';
export { type SelfSignedCertificate, selfSignedCertificate } from './self-signed-certificate.ts';
export type { Endpoint } from './server-info.ts';
