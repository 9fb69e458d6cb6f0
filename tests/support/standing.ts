import type { EventOfType } from '@tenure/contracts';
import type { CustomerState } from '@tenure/domain';
import type { StoredEvent } from '@tenure/event-store';

/** Stages, movements of points and tiers, one line each, comparable whatever they come from. */
export interface Standing {
  readonly stages: readonly string[];
  readonly points: readonly string[];
  readonly tiers: readonly string[];
}

type Step = EventOfType<'StageChanged'>['data'] | EventOfType<'TierChanged'>['data'];
type Restated = EventOfType<'LoyaltyRestated'>['data'];
type Stages = EventOfType<'StageRestated'>['data'];

/** The latest recorded word about a customer, out of their lifecycle and loyalty streams. */
export function standingOf(events: readonly StoredEvent[]): Standing {
  let stages: Step[] = [];
  let tiers: Step[] = [];
  const points = new Map<string, string>();
  const move = (kind: string, source: string, id: string, at: string, count: number): void => {
    const key = `${kind} ${source} ${id}`;
    if (count === 0) points.delete(key);
    else points.set(key, `${key} ${at} ${count}`);
  };
  for (const { type, data, occurredAt } of events) {
    if (type === 'StageChanged') stages.push(data as Step);
    if (type === 'TierChanged') tiers.push(data as Step);
    if (type === 'StageRestated') {
      const { validFrom, timeline } = data as Stages;
      stages = [...before(stages, validFrom), ...timeline];
    }
    if (type === 'LoyaltyRestated') {
      const { validFrom, points: moved, tiers: restated } = data as Restated;
      for (const { kind, source, id, at, points: count } of moved) move(kind, source, id, at, count);
      if (restated !== null) tiers = [...before(tiers, validFrom), ...restated];
    }
    const kind = movements[type];
    if (kind !== undefined) {
      const { source, orderId, refundId, points: count } = data as Record<string, string>;
      move(kind, source ?? '', orderId ?? refundId ?? '', new Date(occurredAt).toISOString(), Number(count));
    }
  }
  return { stages: stages.map(lineOf), points: [...points.values()].sort(), tiers: tiers.map(lineOf) };
}

/** What is derived, in the same form. */
export function derivedStanding({ transitions, account }: CustomerState): Standing {
  return {
    stages: transitions.map((step) => lineOf({ ...step, at: new Date(step.at).toISOString() })),
    points: account.entries
      .map(({ kind, source, id, at, points }) => `${kind} ${source} ${id} ${new Date(at).toISOString()} ${points}`)
      .sort(),
    tiers: account.tierSteps.map((step) => lineOf({ ...step, at: new Date(step.at).toISOString() })),
  };
}

const movements: Readonly<Record<string, string>> = {
  PointsEarned: 'earned',
  PointsTakenBack: 'taken-back',
  PointsExpired: 'expired',
};

function before(steps: readonly Step[], validFrom: string): Step[] {
  return steps.filter(({ at }) => Date.parse(at) < Date.parse(validFrom));
}

function lineOf({ from, to, at, reason, cause, policyVersion }: Step): string {
  const because = cause === null ? 'time' : `${cause.kind} ${cause.source} ${cause.id}`;
  return `${from} -> ${to} ${at} ${reason} ${because} v${policyVersion}`;
}
