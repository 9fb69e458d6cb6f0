import type { AttributeValue, EventOfType, FactRef, SurveyKind } from '@tenure/contracts';
import { compareBytes } from '../time/compare-bytes.ts';

/** What orders and identifies a fact, independent of when it arrived. */
interface FactKey {
  /** When it happened, ms since 1970 UTC. */
  readonly at: number;
  readonly source: string;
  /** The publisher's id; for a step of a process the process' stream. */
  readonly id: string;
  /** Tells facts of one id apart: the revision of a process' step, where an attribute was observed. */
  readonly line?: string;
}

export type Fact = FactKey &
  (
    | { readonly kind: 'purchase'; readonly currency: string; readonly total: number }
    | { readonly kind: 'refund'; readonly currency: string; readonly amount: number; readonly originalOrderId?: string }
    /** Identity: it has no date, and makes nobody a customer by itself. */
    | { readonly kind: 'key'; readonly key: string | null }
    | { readonly kind: 'registration' }
    | { readonly kind: 'customer-kind'; readonly value: 'person' | 'organisation' }
    | {
        readonly kind: 'attribute';
        readonly value: AttributeValue | null;
        readonly category: Observation['category'];
        /** 信息来源 */
        readonly from: Observation['source'];
      }
    | { readonly kind: 'contact-point'; readonly point: ContactPoint | null }
    | { readonly kind: 'contact-point-verified' }
    | { readonly kind: 'key-account'; readonly value: boolean }
    | { readonly kind: 'contact'; readonly channel: string }
    | { readonly kind: 'survey-answer'; readonly survey: SurveyKind; readonly score: number }
    | { readonly kind: 'follow-up'; readonly step: 'planned'; readonly dueAt: number }
    | { readonly kind: 'follow-up'; readonly step: 'done'; readonly satisfaction?: number }
    | { readonly kind: 'follow-up'; readonly step: 'missed' }
    | { readonly kind: 'complaint'; readonly step: ComplaintStep; readonly satisfaction?: number }
    | { readonly kind: 'other' }
  );

/** An observation of an attribute as events say it. */
export type Observation = EventOfType<'AttributesChanged'>['data']['changes'][number];

export type FactKind = Fact['kind'];
export type FactOf<K extends FactKind> = Extract<Fact, { readonly kind: K }>;

export type ComplaintStep = 'filed' | 'handled' | 'followed-up' | 'closed' | 'reopened';

export interface ContactPoint {
  readonly kind: EventOfType<'ContactPointAdded'>['data']['kind'];
  readonly value: string;
  readonly verified: boolean;
}

const rank = (kind: FactKind): number => (kind === 'purchase' ? 0 : kind === 'refund' ? 1 : 2);

/** Content order: instant, purchases before refunds before the rest, source, id by bytes, line. */
export function compareFacts(left: Fact, right: Fact): number {
  return (
    left.at - right.at ||
    rank(left.kind) - rank(right.kind) ||
    compareBytes(left.source, right.source) ||
    compareBytes(left.id, right.id) ||
    compareBytes(left.line ?? '', right.line ?? '') ||
    compareBytes(left.kind, right.kind)
  );
}

/** How events name a fact as their cause. */
export function factRef(fact: FactOf<'purchase' | 'refund'>): FactRef {
  return { kind: fact.kind, source: fact.source, id: fact.id };
}
