import type { DomainEvent, EventOfType } from '@tenure/contracts';
import type { Happening } from '../decider.ts';
import { isoInstant } from '../time/calendar.ts';
import type { LoyaltyAccount, PointEntry } from './account.ts';
import type { TierStep } from './tier-step.ts';

type RecordedEntry = Pick<PointEntry, 'kind' | 'source' | 'id' | 'at' | 'points'>;
type RecordedTier = EventOfType<'TierChanged'>['data'];

/**
 * What stands recorded about a customer's points and tiers. The lists may go on growing (an account's do), so their
 * lengths say how much of them is meant.
 */
export interface RecordedLoyalty {
  readonly entries: readonly RecordedEntry[];
  readonly entryCount: number;
  readonly tiers: readonly TierStep[];
  readonly tierCount: number;
}

/** Entries that one restatement holds at most, so that an event stays far below the limit on its size. */
const entriesPerEvent = 1000;

/** All that an account says, as recorded. */
export function recordedAccount({ entries, tierSteps }: LoyaltyAccount): RecordedLoyalty {
  return { entries, entryCount: entries.length, tiers: tierSteps, tierCount: tierSteps.length };
}

/** What stands after a loyalty stream. */
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
  const standing = [...entries.values()].sort((left, right) => left.at - right.at);
  return { entries: standing, entryCount: standing.length, tiers, tierCount: tiers.length };
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
  const { added, changed } = compareEntries(recorded, account.entries);
  const same = commonTiers(recorded, account.tierSteps);
  const tiersStand = same === recorded.tierCount;
  const restated = changed.length === 0 && tiersStand ? [] : restatements(customerId, changed, recorded, same, account);
  return [...restated, ...movementEvents(customerId, added, tiersStand ? account.tierSteps.slice(same) : [])];
}

/** What the derived entries have that is not recorded, and what was recorded otherwise. */
function compareEntries(
  { entries, entryCount }: RecordedLoyalty,
  derived: readonly PointEntry[],
): { readonly added: readonly PointEntry[]; readonly changed: readonly RecordedEntry[] } {
  // Most of a long history is as it was: only the part between the common beginning and the common end is looked up.
  let start = 0;
  while (start < entryCount && isSameEntry(entries[start], derived[start])) start++;
  let end = 0;
  const most = Math.min(entryCount, derived.length) - start;
  while (end < most && isSameEntry(entries[entryCount - 1 - end], derived[derived.length - 1 - end])) end++;
  const before = new Map(entries.slice(start, entryCount - end).map((entry) => [entryKey(entry), entry]));
  const now = derived.slice(start, derived.length - end);
  const added: PointEntry[] = [];
  const changed: RecordedEntry[] = [];
  for (const entry of now) {
    const key = entryKey(entry);
    const old = before.get(key);
    if (old === undefined) added.push(entry);
    else if (!isSameEntry(old, entry)) changed.push(entry);
    before.delete(key);
  }
  for (const gone of before.values()) changed.push({ ...gone, points: 0 });
  return { added, changed };
}

function isSameEntry(left: RecordedEntry | undefined, right: RecordedEntry | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  return (
    left === right ||
    (left.at === right.at &&
      left.points === right.points &&
      left.kind === right.kind &&
      left.id === right.id &&
      left.source === right.source)
  );
}

/** Movements and tier steps as events, in the order in which they happened. */
function movementEvents(
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
  same: number,
  account: LoyaltyAccount,
): readonly Happening[] {
  const tiersChanged = same < recorded.tierCount;
  const tiersFrom = Math.min(
    tiersChanged ? (recorded.tiers[same]?.at ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
    account.tierSteps[same]?.at ?? Number.POSITIVE_INFINITY,
  );
  const tiers = tiersChanged ? account.tierSteps.filter((step) => step.at >= tiersFrom) : null;
  const chunks: RecordedEntry[][] = [];
  for (let start = 0; start === 0 || start < changed.length; start += entriesPerEvent) {
    chunks.push(changed.slice(start, start + entriesPerEvent));
  }
  return chunks.map((chunk, index) => {
    const from = index === 0 && tiersChanged ? tiersFrom : Math.min(...chunk.map(({ at }) => at));
    const restatedTiers = index === 0 ? tiers : null;
    return {
      type: 'LoyaltyRestated',
      data: {
        validFrom: isoInstant(from),
        points: chunk.map(({ kind, source, id, at, points }) => ({ kind, source, id, at: isoInstant(at), points })),
        tiers: restatedTiers?.map(toStep) ?? null,
        cause: tiers?.[0]?.cause ?? null,
        policyVersion: account.entries.at(-1)?.policyVersion ?? 1,
      },
      // Up to the last thing it says: whoever reads it then knows that time has gone so far.
      occurredAt: Math.max(from, ...chunk.map(({ at }) => at), restatedTiers?.at(-1)?.at ?? from),
      customerId,
    };
  });
}

function commonTiers({ tiers, tierCount }: RecordedLoyalty, derived: readonly TierStep[]): number {
  let length = 0;
  for (; length < tierCount; length++) {
    const [left, right] = [tiers[length], derived[length]];
    if (left === undefined || right === undefined || !isSameTierStep(left, right)) break;
  }
  return length;
}

function isSameTierStep(left: TierStep, right: TierStep): boolean {
  return (
    left === right ||
    (left.at === right.at &&
      left.from === right.from &&
      left.to === right.to &&
      left.reason === right.reason &&
      left.policyVersion === right.policyVersion &&
      left.cause?.id === right.cause?.id &&
      left.cause?.source === right.cause?.source)
  );
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
