import { type LifecycleReport, type Stage, stage } from '@tenure/contracts';
import type { Filter } from '@tenure/read-store';
import { readPolicies, type ServiceContext } from '@tenure/runtime';
import { foldCustomers, type Instants } from '../as-of/fold-customer.ts';
import { knownThen, standingsAsOf } from '../as-of/standings-as-of.ts';
import { type StandingDocument, standingOf, standingsCollection } from '../projections/standings.ts';
import { LifecycleTally } from './lifecycle.ts';

/** A period in ms, `from` inclusive, `to` exclusive, and what of the report is wanted. */
export interface LifecycleWanted {
  readonly from: number;
  readonly to: number;
  /** Flows and times in stage: every move of the period is looked at. */
  readonly withMoves: boolean;
}

/** The lifecycle as of an instant and of what was known: counted by index, but for who has to be folded. */
export async function lifecycleAsOf(
  context: ServiceContext,
  { asOf, knownAt }: Instants,
  { from, to, withMoves }: LifecycleWanted,
  signal: AbortSignal,
): Promise<Pick<LifecycleReport, 'counts' | 'flows' | 'timeInStage'>> {
  const views = context.views.current();
  // What is asked is asked of the end of the period, if that comes first.
  const instants = { asOf: Math.min(asOf, to - 1), knownAt, now: context.clock.now() };
  const standings = await standingsAsOf(context, views, instants);
  signal.throwIfAborted();
  const tally = new LifecycleTally(from, to);
  for (const [stood, customers] of await standings.count('stage', stage.options)) {
    tally.addCount(stood as Stage, customers);
  }
  if (withMoves) {
    const filter: Filter = {
      $and: [
        { is: { $in: stage.options.map((value) => standingOf('stage', value)) } },
        ...(from === Number.NEGATIVE_INFINITY ? [] : [{ from: { $gte: from } }]),
        { from: { $lte: instants.asOf } },
        knownThen(instants),
      ],
    };
    for await (const page of views.stream<StandingDocument>(standingsCollection, { filter })) {
      signal.throwIfAborted();
      for (const { customerId, is, from: at, previous, previousFrom } of page) {
        if (previous === null || previousFrom === null || standings.excepted.has(customerId)) continue;
        tally.addMove(previous as Stage, is.slice('stage '.length) as Stage, at, previousFrom);
      }
    }
  }
  const policies = await readPolicies(context.store, knownAt === undefined ? {} : { knownAt });
  for await (const { state } of foldCustomers(context, standings.excepted, instants, policies)) {
    signal.throwIfAborted();
    tally.add({ customerSince: state.customerSince, steps: state.transitions });
  }
  return tally.report();
}
