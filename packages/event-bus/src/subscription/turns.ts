/** Lets those who wait have one turn after the other, in the order in which they asked. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // Whose turn is next does not depend on it; the caller has the error.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
