export { type DataKey, type KeyOwner, type KeyStore, type SharedKeyStore, sharedKeyStore } from './port.ts';
