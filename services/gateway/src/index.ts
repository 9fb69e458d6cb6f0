export { type GatewayConfig, gatewayConfig, type UpstreamAddress } from './config.ts';
export { GatewayKeyError, type GatewayOptions, startGateway } from './start-gateway.ts';
