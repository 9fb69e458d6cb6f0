import type { Standing } from '@tenure/domain';
import type { Filter, ViewSet } from '@tenure/read-store';
import { policyEvents, type ServiceContext } from '@tenure/runtime';
import { type StandingDocument, standingOf, standingsCollection } from '../projections/standings.ts';
import { type FoldReason, type Instants, refuseToFold } from './fold-customer.ts';

/** What stood as of an instant, as was known. */
export interface StandingsAsOf {
  /** How many customers there were with each of these values; `excepted` are not among them. */
  count(kind: Standing['kind'], values: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Ids of customers for whom standings don't tell, so that they have to be folded. */
  readonly excepted: ReadonlySet<string>;
}

/** Rectangles that hold what was known at an instant. */
export function knownThen({ knownAt, now }: { readonly knownAt: number | undefined; readonly now: number }): Filter {
  const instant = knownAt ?? now;
  return { $and: [{ knownFrom: { $lte: instant } }, { knownTo: { $gt: instant } }] };
}

/** The rectangles of some standings that hold both instants. */
export function standingThen(is: Filter[string], instants: Instants & { readonly now: number }): Filter {
  const { asOf, knownAt, now } = instants;
  const known = knownAt ?? now;
  return {
    $and: [
      { is },
      { from: { $lte: asOf } },
      { to: { $gt: asOf } },
      { knownFrom: { $lte: known } },
      { knownTo: { $gt: known } },
    ],
  };
}

/** @throws {Problem} `as-of-unsupported`, `views-unavailable` when too many customers would have to be folded */
export async function standingsAsOf(
  { store }: Pick<ServiceContext, 'store'>,
  views: ViewSet,
  instants: Instants & { readonly now: number },
): Promise<StandingsAsOf> {
  const { knownAt } = instants;
  const published = await policyEvents(store, knownAt === undefined ? {} : { knownAt });
  const policiesAt = published.reduce((last, { recordedAt }) => Math.max(last, recordedAt), 0);
  const excepted = await exceptedFrom(views, instants, policiesAt);
  return {
    excepted,
    async count(kind, values) {
      const counts = await Promise.all(
        values.map((value) => views.count(standingsCollection, standingThen(standingOf(kind, value), instants))),
      );
      const left = new Map(values.map((value, index) => [standingOf(kind, value), counts[index] ?? 0]));
      const lookedUp = [...excepted];
      for (let start = 0; start < lookedUp.length; start += lookedUpAtOnce) {
        const some = lookedUp.slice(start, start + lookedUpAtOnce);
        for (const { is } of (await Promise.all(some.map((id) => rectanglesOf(views, id, kind, instants)))).flat()) {
          left.set(is, (left.get(is) ?? 0) - 1);
        }
      }
      return new Map(values.map((value) => [value, left.get(standingOf(kind, value)) ?? 0]));
    },
  };
}

const lookedUpAtOnce = 64;

/** What stands of one customer, though it must not be counted. */
async function rectanglesOf(
  views: ViewSet,
  id: string,
  kind: Standing['kind'],
  instants: Instants & { readonly now: number },
): Promise<readonly StandingDocument[]> {
  const own: Filter = { _id: { $gte: `${id}/${kind}/`, $lt: `${id}/${kind}0` } };
  const found = await views.find<StandingDocument>(standingsCollection, { filter: own });
  const { asOf, knownAt, now } = instants;
  const known = knownAt ?? now;
  return found.filter(
    ({ from, to, knownFrom, knownTo }) => from <= asOf && asOf < to && knownFrom <= known && known < knownTo,
  );
}

/**
 * Customers for whom no rectangle tells: those that were left unresolved; those whom time has moved and nobody has
 * recorded it yet; those whom nobody has folded since a policy was published; and, as of an instant after what was known,
 * those of whom more is known since: what silence would have brought had they stayed silent is in no rectangle.
 */
async function exceptedFrom(
  views: ViewSet,
  instants: Instants & { readonly now: number },
  policiesAt: number,
): Promise<ReadonlySet<string>> {
  const { asOf, knownAt } = instants;
  const ids = new Set<string>();
  const unresolved: Filter = { $and: [{ is: standingOf('unresolved') }, knownThen(instants)] };
  for await (const page of views.stream<StandingDocument>(standingsCollection, { filter: unresolved })) {
    for (const { customerId } of page) ids.add(customerId);
    refuseToFold(ids.size, 'untold');
  }
  const moved: [FoldReason, Filter][] = [
    ['not-yet-recorded', { '_times.nextStageChangeAt': { $lte: asOf } }],
    ['not-yet-recorded', { '_times.nextReviewAt': { $lte: asOf } }],
    ['not-yet-recorded', { '_times.policiesAt': { $lt: policiesAt } }],
  ];
  if (knownAt !== undefined && knownAt < asOf) moved.push(['known-since', { '_times.knownAt': { $gt: knownAt } }]);
  for (const [reason, filter] of moved) {
    for await (const page of views.stream<{ _id: string; aliases: readonly string[] }>('customers', { filter })) {
      for (const { _id, aliases } of page) for (const id of [_id, ...aliases]) ids.add(id);
      refuseToFold(ids.size, reason);
    }
  }
  return ids;
}
