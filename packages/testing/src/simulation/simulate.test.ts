import {
  actionBody,
  channel,
  claimBody,
  complaintAnalyseBody,
  complaintAssignBody,
  complaintFollowUpBody,
  complaintReopenBody,
  complaintResolveBody,
  customerBody,
  customerLinkBody,
  type FactLine,
  type FactType,
  factBodies,
  factLine,
  followUpDoneBody,
  followUpMoveBody,
} from '@tenure/contracts';
import { type ComplaintStatus, complaintTransitions } from '@tenure/domain';
import { describe, expect, it } from 'vitest';
import { actionPath, type SimulatedAction, type SimulatedFact } from './facts.ts';
import { simulate } from './simulate.ts';

const start = Date.UTC(2024, 0, 1);
const story = [...simulate({ seed: 1, start, customers: 1500, days: 240 })];
const lines = story.filter((sent) => sent.kind === 'fact').map(({ line }) => line);
const actions = story.filter((sent) => sent.kind === 'action');
const linesOf = <T extends FactType>(type: T) =>
  lines.filter((line): line is Extract<FactLine, { type: T }> => line.type === type);

/** Index in the story at which a fact was sent. */
const sentAt = new Map(story.flatMap((sent, index) => (sent.kind === 'fact' ? [[nameOf(sent.line), index]] : [])));

function nameOf(line: FactLine): string {
  switch (line.type) {
    case 'purchase':
      return `purchase ${line.source} ${line.orderId}`;
    case 'refund':
      return `refund ${line.source} ${line.refundId}`;
    case 'contact':
      return `contact ${line.source} ${line.contactId}`;
    case 'follow-up':
      return `follow-up ${line.source} ${line.followUpId}`;
    case 'survey':
      return `survey ${line.source} ${line.invitationId}`;
    case 'survey-response':
      return `survey-response ${line.source} ${line.invitationId}`;
    case 'complaint':
      return `complaint ${line.source} ${line.complaintId}`;
    default:
      return line satisfies never;
  }
}

const actionBodies: Readonly<Record<string, { parse(body: unknown): unknown }>> = {
  'purchase/claim': claimBody,
  'customer/links': customerLinkBody,
  'follow-up/done': followUpDoneBody,
  'follow-up/move': followUpMoveBody,
  'complaint/acknowledge': actionBody,
  'complaint/assign': complaintAssignBody,
  'complaint/analyse': complaintAnalyseBody,
  'complaint/resolve': complaintResolveBody,
  'complaint/follow-up': complaintFollowUpBody,
  'complaint/reopen': complaintReopenBody,
  'complaint/close': actionBody,
};

describe('a simulated business', () => {
  it('sends what the API takes', () => {
    for (const sent of story) {
      if (sent.kind === 'fact') expect(factLine.parse(sent.line)).toEqual(sent.line);
      else if (sent.kind === 'registration') expect(customerBody.parse(sent.body)).toEqual(sent.body);
      else expect(actionBodies[`${sent.of}/${sent.action}`]?.parse(sent.body)).toEqual(sent.body);
    }
  });

  it('sends every kind of fact and action, on every channel', () => {
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(Object.keys(factBodies)));
    expect(new Set(actions.map(({ of, action }) => `${of}/${action}`))).toEqual(new Set(Object.keys(actionBodies)));
    expect(new Set(linesOf('contact').map((line) => line.channel))).toEqual(new Set(channel.options));
    expect(story.filter(({ kind }) => kind === 'registration').length).toBeGreaterThan(500);
  });

  it('sends in order of time, nothing twice, nothing before it happened, from the start to the end', () => {
    const instants = story.map(({ at }) => at);
    expect(instants).toEqual(instants.toSorted((left, right) => left - right));
    expect(instants[0]).toBeGreaterThanOrEqual(start);
    expect(instants.at(-1)).toBeLessThan(start + 240 * 86_400_000);
    expect(sentAt.size).toBe(lines.length);
    for (const sent of story) expect(happenedAt(sent)).toBeLessThanOrEqual(sent.at);
  });

  it('tells the same story for the same seed, and another for another', () => {
    const options = { start, customers: 40, days: 120 };
    const one = JSON.stringify([...simulate({ ...options, seed: 9 })]);
    expect(JSON.stringify([...simulate({ ...options, seed: 9 })])).toBe(one);
    expect(JSON.stringify([...simulate({ ...options, seed: 10 })])).not.toBe(one);
  });

  it('tells the same of a customer however many others there are', () => {
    const options = { seed: 4, start, days: 120 };
    const few = [...simulate({ ...options, customers: 25 })];
    const many = new Set([...simulate({ ...options, customers: 60 })].map((sent) => JSON.stringify(sent)));
    expect(few.length).toBeGreaterThan(100);
    expect(few.filter((sent) => !many.has(JSON.stringify(sent)))).toEqual([]);
  });

  it('is a stream: it can be stopped at any time', () => {
    const first: SimulatedFact[] = [];
    for (const sent of simulate({ seed: 1, start, customers: 100, days: 36_500 })) {
      first.push(sent);
      if (first.length === 10) break;
    }
    expect(first).toHaveLength(10);
  });

  it('knows orders by their purchases: refunds are whole, in part, unmatched, and some come first', () => {
    const purchases = new Map(linesOf('purchase').map((line) => [nameOf(line), line]));
    const seen = { whole: 0, part: 0, unmatched: 0, early: 0 };
    for (const refund of linesOf('refund')) {
      if (refund.originalOrderId === undefined) {
        seen.unmatched++;
        continue;
      }
      const name = `purchase ${refund.source} ${refund.originalOrderId}`;
      const purchase = purchases.get(name);
      // A purchase that is late enough comes after the end.
      if (purchase === undefined) continue;
      if ((sentAt.get(name) ?? 0) > (sentAt.get(nameOf(refund)) ?? 0)) seen.early++;
      expect(refund.occurredAt >= purchase.occurredAt).toBe(true);
      const [back, paid] = [totalOf(refund.lines), totalOf(purchase.lines)];
      expect(back).toBeLessThanOrEqual(paid);
      if (back === paid) seen.whole++;
      else seen.part++;
    }
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
  });

  it('claims only what nobody known bought, once, when it has been sent', () => {
    const purchases = new Map(linesOf('purchase').map((line) => [nameOf(line), line]));
    const claims = story.flatMap((sent, index) =>
      sent.kind === 'action' && sent.of === 'purchase' ? [{ sent, index }] : [],
    );
    expect(claims.length).toBeGreaterThan(20);
    for (const { sent, index } of claims) {
      const name = `purchase ${sent.source} ${sent.id}`;
      expect(purchases.get(name)?.customer).toBeNull();
      expect(sentAt.get(name)).toBeLessThan(index);
    }
    expect(new Set(claims.map(({ sent }) => `${sent.source} ${sent.id}`)).size).toBe(claims.length);
  });

  it('takes complaints through their process, step by step and forward in time', () => {
    const status = new Map<string, ComplaintStatus>(linesOf('complaint').map((line) => [line.complaintId, 'filed']));
    for (const step of actions) {
      if (step.of !== 'complaint') continue;
      const next = complaintTransitions[status.get(step.id) ?? 'closed'][step.action];
      expect(next, `${step.action} of ${step.id}`).toBeDefined();
      if (next !== undefined) status.set(step.id, next);
    }
    const ends = [...status.values()];
    expect(ends.filter((end) => end === 'closed').length).toBeGreaterThan(ends.length / 2);
    expect(ends).toContain('filed');
  });

  it('has customers who are less satisfied while a complaint of theirs is open', () => {
    const open = new Map<string, number>();
    const ownerOf = new Map<string, string>();
    const scores = { open: [] as number[], none: [] as number[] };
    for (const sent of story) {
      if (sent.kind === 'fact' && sent.line.type === 'complaint') {
        const key = sent.line.customer?.key ?? '';
        ownerOf.set(sent.line.complaintId, key);
        open.set(key, (open.get(key) ?? 0) + 1);
      }
      if (sent.kind === 'action' && sent.action === 'close') {
        const key = ownerOf.get(sent.id) ?? '';
        open.set(key, (open.get(key) ?? 0) - 1);
      }
      if (sent.kind === 'fact' && sent.line.type === 'survey')
        ownerOf.set(sent.line.invitationId, sent.line.customer?.key ?? '');
      if (sent.kind !== 'fact' || sent.line.type !== 'survey-response') continue;
      const owner = ownerOf.get(sent.line.invitationId) ?? '';
      if (kindOf(sent.line.invitationId) === 'csat')
        scores[(open.get(owner) ?? 0) > 0 ? 'open' : 'none'].push(sent.line.score);
    }
    expect(scores.open.length).toBeGreaterThan(20);
    expect(meanOf(scores.open)).toBeLessThan(meanOf(scores.none) - 0.5);
  });

  it('has actions with a place to go', () => {
    const paths = new Set(
      actions.map((action: SimulatedAction) => actionPath(action, 'ID').replace(/o\d+-\d+/, 'ORDER')),
    );
    expect(paths).toContain('/v1/complaints/ID/resolve');
    expect(paths).toContain('/v1/follow-ups/ID/done');
    expect(paths).toContain('/v1/customers/ID/links');
    expect(paths).toContain('/v1/purchases/till-london/ORDER/claim');
  });
});

function happenedAt(sent: SimulatedFact): number {
  if (sent.kind === 'registration') return Date.parse(sent.body.occurredAt ?? '');
  if (sent.kind === 'action') return 'occurredAt' in sent.body ? Date.parse(sent.body.occurredAt ?? '') : sent.at;
  const { line } = sent;
  if (line.type === 'survey') return Date.parse(line.sentAt);
  return Date.parse(line.type === 'survey-response' ? line.answeredAt : line.occurredAt);
}

function kindOf(invitationId: string): string | undefined {
  return kinds.get(invitationId);
}
const kinds = new Map(linesOf('survey').map((line) => [line.invitationId, line.kind]));

function totalOf(of: readonly { amountMinor: number }[]): number {
  return of.reduce((sum, line) => sum + line.amountMinor, 0);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
