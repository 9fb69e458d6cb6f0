export { UnrecognisedCheckpointError } from './errors.ts';
export { type Relay, type RelayOptions, startRelay } from './relay.ts';
export { NothingToRelayError, type RelayProcess, startRelayProcess } from './relay-process.ts';
