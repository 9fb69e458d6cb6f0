import type { DomainEvent, EventOfType } from '@tenure/contracts';
import type { Happening } from '../decider.ts';
import { isoInstant } from '../time/calendar.ts';
import type { LoyaltyAccount, PointEntry, TierStep } from './account.ts';

/** What stands recorded about a customer's points and tiers: the latest word of a loyalty stream. */
export interface RecordedLoyalty {
  /** By kind, source and id. */
  readonly entries: ReadonlyMap<string, RecordedEntry>;
  readonly tiers: readonly TierStep[];
}

type RecordedEntry = Pick<PointEntry, 'kind' | 'source' | 'id' | 'at' | 'points'>;
type RecordedTier = EventOfType<'TierChanged'>['data'];

/** Entries that one restatement holds at most, so that an event stays far below the limit on its size. */
const entriesPerEvent = 1000;

/** Folds a loyalty stream. */
export function recordedLoyalty(events: Iterable<DomainEvent & { readonly occurredAt: number }>): RecordedLoyalty {
  const entries = new Map<string, RecordedEntry>();
  let tiers: TierStep[] = [];
  const put = (entry: RecordedEntry): void => {
    if (entry.points === 0) entries.delete(entryKey(entry));
    else entries.set(entryKey(entry), entry);
  };
  for (const event of events) {
    const at = event.occurredAt;
    switch (event.type) {
      case 'PointsEarned':
        put({ kind: 'earned', source: event.data.source, id: event.data.orderId, at, points: event.data.points });
        break;
      case 'PointsTakenBack':
        put({ kind: 'taken-back', source: event.data.source, id: event.data.refundId, at, points: event.data.points });
        break;
      case 'PointsExpired':
        put({ kind: 'expired', source: event.data.source, id: event.data.orderId, at, points: event.data.points });
        break;
      case 'TierChanged':
        tiers.push(fromStep(event.data));
        break;
      case 'LoyaltyRestated': {
        const { validFrom, points, tiers: restated } = event.data;
        for (const entry of points) put({ ...entry, at: Date.parse(entry.at) });
        if (restated !== null) {
          tiers = [...tiers.filter((step) => step.at < Date.parse(validFrom)), ...restated.map(fromStep)];
        }
        break;
      }
      default:
    }
  }
  return { entries, tiers };
}

/**
 * The events that make what stands recorded equal to the account: new movements and tiers one by one, or a restatement
 * when a late fact changed what had been recorded.
 */
export function loyaltyEvents(
  customerId: string,
  recorded: RecordedLoyalty,
  account: LoyaltyAccount,
): readonly Happening[] {
  const derived = new Map(account.entries.map((entry) => [entryKey(entry), entry]));
  const added = account.entries.filter((entry) => !recorded.entries.has(entryKey(entry)));
  const changed: RecordedEntry[] = [];
  for (const [key, entry] of recorded.entries) {
    const now = derived.get(key);
    if (now === undefined) changed.push({ ...entry, points: 0 });
    else if (now.at !== entry.at || now.points !== entry.points) changed.push(now);
  }
  const sameTiers = commonPrefix(recorded.tiers, account.tierSteps);
  const tiersStand = sameTiers === recorded.tiers.length;
  const newTiers = tiersStand ? account.tierSteps.slice(sameTiers) : [];
  const restated = changed.length > 0 || !tiersStand ? restatements(customerId, changed, recorded, account) : [];
  return [...restated, ...movementEvents(customerId, added, newTiers)];
}

/** Movements and tier steps as events, in the order in which they happened. */
export function movementEvents(
  customerId: string,
  entries: readonly PointEntry[],
  tiers: readonly TierStep[],
): readonly Happening[] {
  const events = entries.map((entry) => movementEvent(customerId, entry));
  const steps: readonly Happening[] = tiers.map((step) => ({
    type: 'TierChanged',
    data: toStep(step),
    occurredAt: step.at,
    customerId,
  }));
  return steps.length === 0 ? events : [...events, ...steps].sort((left, right) => left.occurredAt - right.occurredAt);
}

function movementEvent(customerId: string, entry: PointEntry): Happening {
  const { source, id, at: occurredAt, points, policyVersion } = entry;
  switch (entry.kind) {
    case 'earned': {
      const data = { source, orderId: id, points, expiresAt: isoInstant(entry.expiresAt ?? occurredAt), policyVersion };
      return { type: 'PointsEarned', data, occurredAt, customerId };
    }
    case 'taken-back':
      return { type: 'PointsTakenBack', data: { source, refundId: id, points, policyVersion }, occurredAt, customerId };
    case 'expired':
      return { type: 'PointsExpired', data: { source, orderId: id, points, policyVersion }, occurredAt, customerId };
    default:
      return entry.kind satisfies never;
  }
}

function restatements(
  customerId: string,
  changed: readonly RecordedEntry[],
  recorded: RecordedLoyalty,
  account: LoyaltyAccount,
): readonly Happening[] {
  const same = commonPrefix(recorded.tiers, account.tierSteps);
  const tiersChanged = same < recorded.tiers.length;
  const tiersFrom = Math.min(
    recorded.tiers[same]?.at ?? Number.POSITIVE_INFINITY,
    account.tierSteps[same]?.at ?? Number.POSITIVE_INFINITY,
  );
  const tiers = tiersChanged ? account.tierSteps.filter((step) => step.at >= tiersFrom) : null;
  const chunks: RecordedEntry[][] = [];
  for (let start = 0; start === 0 || start < changed.length; start += entriesPerEvent) {
    chunks.push(changed.slice(start, start + entriesPerEvent));
  }
  return chunks.map((chunk, index) => {
    const from = index === 0 && tiersChanged ? tiersFrom : Math.min(...chunk.map(({ at }) => at));
    return {
      type: 'LoyaltyRestated',
      data: {
        validFrom: isoInstant(from),
        points: chunk.map(({ kind, source, id, at, points }) => ({ kind, source, id, at: isoInstant(at), points })),
        tiers: index === 0 && tiers !== null ? tiers.map(toStep) : null,
        cause: tiers?.[0]?.cause ?? null,
        policyVersion: account.entries.at(-1)?.policyVersion ?? 1,
      },
      occurredAt: Math.max(from, ...chunk.map(({ at }) => at)),
      customerId,
    };
  });
}

export function sameTierStep(left: TierStep, right: TierStep): boolean {
  return (
    left.at === right.at &&
    left.from === right.from &&
    left.to === right.to &&
    left.reason === right.reason &&
    left.policyVersion === right.policyVersion &&
    left.cause?.id === right.cause?.id &&
    left.cause?.source === right.cause?.source
  );
}

function commonPrefix(left: readonly TierStep[], right: readonly TierStep[]): number {
  let length = 0;
  for (; length < left.length; length++) {
    const a = left[length];
    const b = right[length];
    if (a === undefined || b === undefined || !sameTierStep(a, b)) break;
  }
  return length;
}

function entryKey({ kind, source, id }: Pick<PointEntry, 'kind' | 'source' | 'id'>): string {
  return `${kind}\n${source}\n${id}`;
}

function toStep(step: TierStep): RecordedTier {
  return { ...step, at: isoInstant(step.at) };
}

function fromStep(step: RecordedTier): TierStep {
  return { ...step, at: Date.parse(step.at) };
}
