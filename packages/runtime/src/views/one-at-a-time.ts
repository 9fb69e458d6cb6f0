/** Does work one after the other, in the order in which it is asked for. What fails is told to whoever asked for it. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // Only whose turn is next depends on it here: the caller has the error.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
