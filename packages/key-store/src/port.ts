/** Whose data a key seals: a customer's id, or the stream's name for what belongs to no customer. */
export type KeyOwner = string;

/** A data key: 32 random bytes, for AES-256-GCM. */
export interface DataKey {
  /** 32 lower-case hex digits, random. */
  readonly keyId: string;
  readonly key: Buffer;
}

/** Keys of personal data, one per owner. Destroying one makes all that it sealed unreadable for good. */
export interface KeyStore {
  /**
   * The owners' keys, made where there are none. All are durable when it returns, so what they seal may be written.
   */
  ensure(owners: readonly KeyOwner[]): ReadonlyMap<KeyOwner, DataKey>;
  /**
   * A key by its id; undefined once destroyed.
   * @throws {UnknownKeyError} if there never was such a key: taking it for destroyed would hide a loss
   */
  find(keyId: string): DataKey | undefined;
  /** Destroys the owner's key, if there is one. Durable when it returns. A later `ensure` makes another. */
  destroy(owner: KeyOwner): void;
  close(): void;
}

/** The same for those who share their keys with processes elsewhere. Any method rejects while the keys cannot be reached. */
export interface SharedKeyStore {
  /** The owners' keys, made where there are none, the same for whoever asks. Durable when it resolves. */
  ensure(owners: readonly KeyOwner[]): Promise<ReadonlyMap<KeyOwner, DataKey>>;
  /**
   * Keys by their ids; those destroyed are left out.
   * @throws {UnknownKeyError} if there never was one of them
   */
  findMany(keyIds: readonly string[]): Promise<ReadonlyMap<string, DataKey>>;
  /** Destroys the owner's key, if there is one. Durable when it resolves; everybody notices within a few seconds. */
  destroy(owner: KeyOwner): Promise<void>;
  close(): Promise<void>;
}

/** Keys of this machine in the form of shared ones. */
export function sharedKeyStore(keys: KeyStore): SharedKeyStore {
  return {
    ensure: async (owners) => keys.ensure(owners),
    findMany: async (keyIds) => {
      const found = keyIds.map((keyId) => [keyId, keys.find(keyId)] as const);
      return new Map(found.flatMap(([keyId, key]) => (key === undefined ? [] : [[keyId, key]])));
    },
    destroy: async (owner) => keys.destroy(owner),
    close: async () => keys.close(),
  };
}
