export { type StandaloneConfig, standaloneConfig } from './config.ts';
export { services } from './services.ts';
export { info, type StandaloneOptions, startStandalone } from './start-standalone.ts';
