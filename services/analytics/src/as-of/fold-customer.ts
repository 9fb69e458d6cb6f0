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

/** Why customers have to be folded: no view tells of their past; they are known otherwise since; or it is yet to be recorded. */
export type FoldReason = 'untold' | 'known-since' | 'not-yet-recorded';

/**
 * @throws {Problem} for more than can be folded: `as-of-unsupported`, naming what would have to be asked otherwise;
 * `views-unavailable` where the views will tell in a while
 */
export function refuseToFold(count: number, reason: FoldReason): void {
  if (count <= mostFolded) return;
  const title = `This would fold ${count} customers from the log, and ${mostFolded} at most`;
  if (reason === 'not-yet-recorded') {
    throw new Problem('views-unavailable', `${title}: the views have yet to record what time or a policy has brought`);
  }
  const errors =
    reason === 'untold'
      ? [{ pointer: '/asOf', detail: 'is an instant of which too much became known out of order' }]
      : [
          {
            pointer: '/knownAt',
            detail:
              'is so long before asOf that too many customers are known otherwise since: ask as of it, or of an earlier instant',
          },
        ];
  throw new Problem('as-of-unsupported', title, { errors });
}
