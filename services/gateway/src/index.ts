export type { GatewayConfig, UpstreamAddress } from './config.ts';
export type { GatewayOptions } from './start-gateway.ts';
