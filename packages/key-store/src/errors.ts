/** A key that this store never had: the log and the key store do not belong together, or keys were lost. */
export class UnknownKeyError extends Error {
  readonly code = 'key-unknown';
  readonly keyId: string;
  constructor(keyId: string) {
    super(`key ${keyId} is not in the key store and was never destroyed: log and keys do not belong together`);
    this.name = 'UnknownKeyError';
    this.keyId = keyId;
  }
}

/** A key was to be made or destroyed through a store that was opened for reading. */
export class KeyStoreReadOnlyError extends Error {
  readonly code = 'key-store-read-only';
  constructor() {
    super('this key store was opened for reading');
    this.name = 'KeyStoreReadOnlyError';
  }
}
