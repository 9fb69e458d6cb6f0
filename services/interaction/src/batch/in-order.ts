/**
 * Works on several inputs at once and gives the results in the order of the inputs, each as soon as it is there. Reads
 * ahead by `atOnce` inputs at most, and only while its results are taken.
 * @param signal ends it early: what was read is still worked on, nothing more is read
 */
export async function* inOrder<Input, Result>(
  inputs: AsyncIterable<Input>,
  work: (input: Input) => Promise<Result>,
  { atOnce, signal }: { readonly atOnce: number; readonly signal: AbortSignal },
): AsyncGenerator<Result> {
  const iterator = inputs[Symbol.asyncIterator]();
  const working: Promise<Result>[] = [];
  let ended = false;
  let reading: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    const next = await iterator.next();
    reading = undefined;
    if (next.done === true) ended = true;
    // What comes after the end is not begun: its result would go nowhere.
    if (!ended && next.done !== true) working.push(noticed(work(next.value)));
  };
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const end = (): void => {
    ended = true;
    stop();
  };
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  try {
    for (;;) {
      if (!ended && working.length < atOnce) reading ??= noticed(read());
      const first = working[0];
      if (first === undefined) {
        if (reading === undefined || ended) return;
        await Promise.race([reading, stopped]);
      } else if (reading === undefined || ended || working.length >= atOnce || (await isFirst(first, reading))) {
        yield await first;
        working.splice(0, 1);
      }
    }
  } finally {
    // The inputs are left as they are: ending those of a request would take its connection away from the answer.
    signal.removeEventListener('abort', end);
  }
}

/** Whether `one` settles before `other`. */
function isFirst(one: Promise<unknown>, other: Promise<unknown>): Promise<boolean> {
  return Promise.race([one.then(() => true), other.then(() => false)]);
}

/** It is awaited later, or not at all if the reader has gone: a rejection until then is no unhandled one. */
function noticed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
