import { type CustomerState, calendarOf, derive, type Policies } from '@tenure/domain';
import { Problem, type ServiceContext } from '@tenure/runtime';
import { factsOfHistory, lastMove, readHistory } from '@tenure/runtime/views';

/** An instant in the world, and one of our knowledge; undefined: all that is known. In ms. */
export interface Instants {
  readonly asOf: number;
  readonly knownAt: number | undefined;
}

/** A customer as of an instant. */
export interface FoldedCustomer {
  /** All that were known to be theirs, the canonical first. */
  readonly ids: readonly string[];
  readonly state: CustomerState;
  readonly position: string;
}

/** What is folded from the log needs no more than it: neither views nor their position. */
type Log = Pick<ServiceContext, 'store' | 'zone'>;

/**
 * A customer by any of their ids, folded from the log; undefined if there was none by then.
 * @param policies those that were known
 */
export async function foldCustomer(
  { store, zone }: Log,
  id: string,
  { asOf, knownAt }: Instants,
  policies: Policies,
): Promise<FoldedCustomer | undefined> {
  const history = await readHistory(store, id, knownAt === undefined ? {} : { knownAt });
  if (history === undefined) return undefined;
  const state = derive(factsOfHistory(history), policies, calendarOf(zone), asOf);
  if (state === undefined) return undefined;
  return { ids: history.ids, state, position: lastMove(history.events.filter(({ occurredAt }) => occurredAt <= asOf)) };
}

/** So many customers are folded for one answer: that takes a few seconds. */
export const mostFolded = 10_000;

/** Of customers that were read from the log together. */
const foldedAtOnce = 16;

/** Folds customers, some at a time; each once, under the id that was canonical. */
export async function* foldCustomers(
  log: Log,
  ids: Iterable<string>,
  instants: Instants,
  policies: Policies,
): AsyncGenerator<FoldedCustomer> {
  const seen = new Set<string>();
  let chunk: string[] = [];
  const fold = async (): Promise<readonly FoldedCustomer[]> => {
    const folded = await Promise.all(chunk.map((id) => foldCustomer(log, id, instants, policies)));
    chunk = [];
    return folded.filter((customer) => customer !== undefined);
  };
  const news = (folded: readonly FoldedCustomer[]): readonly FoldedCustomer[] =>
    folded.filter(({ ids: [id = ''] }) => !seen.has(id) && seen.add(id) !== undefined);
  for (const id of ids) {
    chunk.push(id);
    if (chunk.length === foldedAtOnce) yield* news(await fold());
  }
  yield* news(await fold());
}

/** @throws {Problem} `as-of-unsupported`, naming what would have to be asked otherwise */
export function refuseToFold(count: number, { asOf, knownAt }: Instants): void {
  if (count <= mostFolded) return;
  const isAhead = knownAt !== undefined && knownAt < asOf;
  const detail = isAhead
    ? 'is so long before asOf that too many customers are known otherwise since: ask as of it, or of an earlier instant'
    : 'would have to be folded for too many customers: ask again once the views have recorded what time has brought';
  throw new Problem('as-of-unsupported', `This would fold ${count} customers from the log, and ${mostFolded} at most`, {
    errors: [{ pointer: isAhead ? '/knownAt' : '/asOf', detail }],
  });
}
