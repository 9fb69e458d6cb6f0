import type { FactLine } from '@tenure/contracts';
import type { StoredEvent } from '@tenure/event-store';
import { expect } from 'vitest';
import { type Acknowledged, nameOf } from './publisher.ts';

const factOf: Readonly<Record<string, FactLine['type']>> = {
  PurchaseRecorded: 'purchase',
  RefundRecorded: 'refund',
  ContactRecorded: 'contact',
  FollowUpScheduled: 'follow-up',
  SurveyInvited: 'survey',
  SurveyAnswered: 'survey-response',
  ComplaintFiled: 'complaint',
};

/** The names of the facts in a log. */
export function factNames(events: readonly StoredEvent[]): readonly string[] {
  return events.flatMap((event) => {
    const type = factOf[event.type];
    return type === undefined ? [] : [nameOf({ type, ...event.data } as FactLine)];
  });
}

/** Everything that was acknowledged is in the log where the answer said, nothing is twice, and nothing is torn. */
export function expectWhole(events: readonly StoredEvent[], acknowledged: readonly Acknowledged[]): void {
  const facts = factNames(events);
  const inLog = new Set(facts);
  expect(facts.length, 'facts that are twice in the log').toBe(inLog.size);
  expect(new Set(events.map(({ id }) => id)).size, 'ids that are twice in the log').toBe(events.length);

  const lost = acknowledged.filter(({ name }) => isFact(name) && !inLog.has(name));
  expect(lost, 'facts that were acknowledged and are not in the log').toEqual([]);

  const byPosition = new Map(events.map((event) => [event.position, event]));
  const misplaced = acknowledged.filter(({ position }) => !byPosition.has(position));
  expect(misplaced, 'acknowledged positions that are not in the log').toEqual([]);
  const answers = Map.groupBy(acknowledged, ({ name }) => name);
  const changed = [...answers.values()].filter((own) => new Set(own.map(placeOf)).size > 1);
  expect(changed, 'repeats that were answered otherwise than the first time').toEqual([]);

  const revisions = new Map<string, number>();
  for (const { stream, revision } of events) {
    expect(revision, `revision in ${stream}`).toBe((revisions.get(stream) ?? -1) + 1);
    revisions.set(stream, revision);
  }
  let recordedAt = 0;
  for (const event of events) {
    expect(event.recordedAt, 'recorded time').toBeGreaterThanOrEqual(recordedAt);
    recordedAt = event.recordedAt;
  }
}

function isFact(name: string): boolean {
  return Object.values(factOf).some((type) => name.startsWith(`${type} `) && name.split(' ').length === 3);
}

function placeOf({ id, position }: Acknowledged): string {
  return `${id} ${position}`;
}
