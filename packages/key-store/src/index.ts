export type { DataKey, KeyOwner, KeyStore } from './port.ts';
