export { FaultProxy, type FaultProxyEvents, type FaultProxyOptions, startFaultProxy } from './fault-proxy.ts';
export type { Target } from './link.ts';
