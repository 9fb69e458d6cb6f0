/** The keys could not be reached, or not in time. Trying again is safe. */
export class KeyStoreUnavailableError extends Error {
  readonly code = 'key-store-unavailable';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KeyStoreUnavailableError';
  }
}
