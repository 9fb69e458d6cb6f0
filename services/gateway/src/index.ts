export { type GatewayConfig, gatewayConfig, type UpstreamAddress } from './config.ts';
export { type GatewayOptions, startGateway } from './start-gateway.ts';
