import type { Position } from '@tenure/event-store';

/** Those who wait for a subscription to reach a position. */
export class Waiting {
  readonly #entries = new Set<{ readonly position: Position; readonly resolve: () => void }>();

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Resolves once `reached` is told of `position`; rejects with the signal's reason if that is aborted first. */
  for(position: Position, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const aborted = (): void => {
        this.#entries.delete(entry);
        reject(signal.reason);
      };
      const entry = {
        position,
        resolve: () => {
          signal.removeEventListener('abort', aborted);
          resolve();
        },
      };
      this.#entries.add(entry);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  reached(position: Position): void {
    for (const entry of this.#entries) {
      if (entry.position > position) continue;
      this.#entries.delete(entry);
      entry.resolve();
    }
  }
}
