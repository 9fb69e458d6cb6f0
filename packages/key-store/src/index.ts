export { KeyStoreReadOnlyError, UnknownKeyError } from './errors.ts';
export type { DataKey, KeyOwner, KeyStore } from './port.ts';
