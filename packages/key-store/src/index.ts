export { type DataKey, type KeyOwner, type KeyStore, type SharedKeyStore, sharedKeyStore } from './port.ts';
export {
  assertKeysMoved,
  assertKeysOf,
  type KeyCount,
  type KeyRecord,
  type KeyTransfer,
  moveKeys,
} from './transfer.ts';
