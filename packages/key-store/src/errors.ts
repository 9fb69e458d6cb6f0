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

/** A key that was to be moved meets another one: the two stores hold the keys of different logs. */
export class KeyConflictError extends Error {
  readonly code = 'key-conflict';
  readonly keyId: string;
  constructor(keyId: string) {
    super(`key ${keyId} is not the same in both key stores: they belong to different logs`);
    this.name = 'KeyConflictError';
    this.keyId = keyId;
  }
}

/** A key that was moved is not there, or not destroyed as it should be. */
export class KeyMissingError extends Error {
  readonly code = 'key-missing';
  readonly keyId: string;
  constructor(keyId: string) {
    super(`key ${keyId} was moved, and is not in the key store as it should be`);
    this.name = 'KeyMissingError';
    this.keyId = keyId;
  }
}
