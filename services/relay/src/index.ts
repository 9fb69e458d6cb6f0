export { type Relay, type RelayOptions, startRelay } from './relay.ts';
export { type RelayProcess, startRelayProcess } from './relay-process.ts';
