export { type ServersMode, serversMode } from './mode.ts';
