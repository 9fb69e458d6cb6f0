import { type EventStore, StoreUnavailableError } from '@tenure/event-store';
import { ReadStoreError, type ViewSet } from '@tenure/read-store';
import type { Turnstile } from '@tenure/testing/simulator';

/** Says that it was asked for, so that a failure that was not is told apart. */
export const cutOff = 'cut off';

/** Every call of the store waits at the turnstile, and may fail there. */
export function gatedStore(store: EventStore, who: string, turnstile: Turnstile): EventStore {
  return gated(store, who, turnstile, () => new StoreUnavailableError(cutOff));
}

/** The same for views; of a stream, each page. */
export function gatedViews(views: ViewSet, who: string, turnstile: Turnstile): ViewSet {
  const failure = (): Error => new ReadStoreError('read-store-unavailable', cutOff);
  const stream: ViewSet['stream'] = async function* <D>(collection: string, options = {}) {
    const pages = views.stream(collection, options)[Symbol.asyncIterator]();
    for (;;) {
      const name = `${who} looks through ${collection}`;
      const page = await turnstile.pass({ kind: 'read', name, failure, work: () => pages.next() });
      if (page.done === true) return;
      yield page.value as readonly D[];
    }
  };
  return new Proxy(gated(views, who, turnstile, failure), {
    get: (target, name) => (name === 'stream' ? stream : Reflect.get(target, name)),
  });
}

function gated<T extends EventStore | ViewSet>(target: T, who: string, turnstile: Turnstile, failure: () => Error): T {
  return new Proxy(target, {
    get: (of, property) => {
      const value: unknown = Reflect.get(of, property, of);
      if (typeof value !== 'function' || property === 'close') return value;
      return (...given: unknown[]) => {
        const kind = property === 'append' || property === 'write' ? property : 'read';
        const name = `${who} ${String(property)} ${summary(given[0])}`;
        return turnstile.pass({ kind, name, failure, work: () => Reflect.apply(value, of, given) });
      };
    },
  });
}

/** What a call is about, in a few words that are the same in each run. */
function summary(given: unknown): string {
  if (Array.isArray(given)) return `${given.length} units`;
  if (typeof given !== 'object' || given === null) return String(given ?? '');
  if ('replaces' in given && Array.isArray(given.replaces)) return `${given.replaces.length} documents`;
  return JSON.stringify(given);
}
