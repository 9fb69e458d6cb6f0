export type { Relay, RelayOptions } from './relay.ts';
export { type RelayProcess, startRelayProcess } from './relay-process.ts';
