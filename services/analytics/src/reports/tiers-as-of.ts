import { stage, type TiersReport } from '@tenure/contracts';
import { inForce, noTier, type Policies } from '@tenure/domain';
import type { Filter, ViewSet } from '@tenure/read-store';
import { readPolicies, type ServiceContext } from '@tenure/runtime';
import { foldCustomers, type Instants, mostFolded } from '../as-of/fold-customer.ts';
import { standingsAsOf, standingThen } from '../as-of/standings-as-of.ts';
import { type StandingDocument, standingOf, standingsCollection } from '../projections/standings.ts';

/** The tiers of the programme in force at an instant, from the lowest. */
export function tiersInForce(policies: Policies, instant: number): readonly string[] {
  return [noTier, ...(inForce(policies.loyalty, instant)?.tiers ?? []).map(({ tier }) => tier)];
}

/** Time to fold a balance in; beyond it the answer is not kept waiting, and says that it does not know. */
const balanceWithinMs = 4_000;

/** Every customer is in one stage. */
const anyStage = { $in: stage.options.map((value) => standingOf('stage', value)) };

/**
 * How customers were spread over the tiers, as was known: counted by index, but for who has to be folded. Points move with
 * every order, so no rectangle holds them: the balance is folded, unless that is too much for one answer.
 */
export async function tiersAsOf(
  context: ServiceContext,
  { asOf, knownAt }: Instants,
  { withBalance }: { readonly withBalance: boolean },
  signal: AbortSignal,
): Promise<TiersReport> {
  const views = context.views.current();
  const instants = { asOf, knownAt, now: context.clock.now() };
  const policies = await readPolicies(context.store, knownAt === undefined ? {} : { knownAt });
  const tiers = tiersInForce(policies, asOf);
  const standings = await standingsAsOf(context, views, instants);
  signal.throwIfAborted();
  const sumOf = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, n) => sum + n, 0);
  const told = sumOf(await standings.count('stage', stage.options));
  const counts = new Map(await standings.count('tier', tiers.slice(1)));
  counts.set(noTier, told - sumOf(counts));
  let balance = 0;
  for await (const { state } of foldCustomers(context, standings.excepted, instants, policies)) {
    signal.throwIfAborted();
    const { tier } = state.account;
    counts.set(tier, (counts.get(tier) ?? 0) + 1);
    balance += state.account.balance;
  }
  const body = { counts: Object.fromEntries(tiers.map((tier) => [tier, counts.get(tier) ?? 0])) };
  if (!withBalance) return body;
  if (told > mostFolded) return { ...body, balance: null };
  const deadline = performance.now() + balanceWithinMs;
  const others = await knownCustomers(views, instants, standings.excepted);
  for await (const { state } of foldCustomers(context, others, instants, policies)) {
    signal.throwIfAborted();
    if (performance.now() > deadline) return { ...body, balance: null };
    balance += state.account.balance;
  }
  return { ...body, balance };
}

async function knownCustomers(
  views: ViewSet,
  instants: Instants & { readonly now: number },
  excepted: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  const filter: Filter = standingThen(anyStage, instants);
  for await (const page of views.stream<StandingDocument>(standingsCollection, { filter })) {
    for (const { customerId } of page) if (!excepted.has(customerId)) ids.add(customerId);
  }
  return ids;
}
