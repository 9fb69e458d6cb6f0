import type { AttributeValue } from '@tenure/contracts';
import type { SatisfactionItem } from '../satisfaction/satisfaction.ts';
import type { ContactPoint, Fact, FactOf, Observation } from './fact.ts';

export interface AttributeState {
  readonly value: AttributeValue;
  readonly category: Observation['category'];
  readonly source: Observation['source'];
  readonly observedAt: number;
}

/** An item with the fact that says it. */
export type HeardItem = SatisfactionItem & { readonly fact: Fact };

/** What facts other than purchases and refunds say: who the customer is, what is open, how satisfied they are. */
export class ProfileFacets {
  kind: 'person' | 'organisation' | null = null;
  isKeyAccount = false;
  readonly attributes = new Map<string, AttributeState>();
  readonly contactPoints = new Map<string, ContactPoint>();
  contacts = 0;
  lastContactAt: number | null = null;
  readonly openComplaints = new Set<string>();
  /** Visits that are planned and not done, by stream: when they are due. */
  readonly #planned = new Map<string, number>();
  readonly #answers: HeardItem[] = [];
  /** Complaints without a satisfaction yet, by stream: how they were filed. */
  readonly #unheard = new Map<string, FactOf<'complaint'>>();

  get satisfactionItems(): readonly HeardItem[] {
    const complaints = [...this.#unheard.values()].map(
      (fact): HeardItem => ({ at: fact.at, kind: 'complaint', answer: 0, fact }),
    );
    return [...this.#answers, ...complaints].sort((left, right) => left.at - right.at);
  }

  /** Visits that are still to be made: from its due date on, one is missed. */
  openFollowUps(until: number): number {
    let open = 0;
    for (const dueAt of this.#planned.values()) if (dueAt > until) open++;
    return open;
  }

  /** When the next of them is missed. */
  nextFollowUpDueAt(until: number): number | null {
    let next: number | null = null;
    for (const dueAt of this.#planned.values()) if (dueAt > until && (next === null || dueAt < next)) next = dueAt;
    return next;
  }

  add(fact: Exclude<Fact, FactOf<'purchase' | 'refund' | 'key'>>): void {
    switch (fact.kind) {
      case 'registration':
      case 'other':
        return;
      case 'customer-kind':
        this.kind = fact.value;
        return;
      case 'attribute':
        if (fact.value === null) this.attributes.delete(fact.id);
        else {
          const { value, category, from: source, at: observedAt } = fact;
          this.attributes.set(fact.id, { value, category, source, observedAt });
        }
        return;
      case 'contact-point':
        if (fact.point === null) this.contactPoints.delete(fact.id);
        else this.contactPoints.set(fact.id, fact.point);
        return;
      case 'contact-point-verified': {
        const point = this.contactPoints.get(fact.id);
        if (point !== undefined) this.contactPoints.set(fact.id, { ...point, verified: true });
        return;
      }
      case 'key-account':
        this.isKeyAccount = fact.value;
        return;
      case 'contact':
        this.contacts++;
        this.lastContactAt = fact.at;
        return;
      case 'survey-answer':
        this.#answers.push({ at: fact.at, kind: fact.survey, answer: fact.score, fact });
        return;
      case 'follow-up':
        this.#addFollowUp(fact);
        return;
      case 'complaint':
        this.#addComplaint(fact);
        return;
      default:
        fact satisfies never;
    }
  }

  #addFollowUp(fact: FactOf<'follow-up'>): void {
    switch (fact.step) {
      case 'planned':
        this.#planned.set(fact.id, fact.dueAt);
        return;
      case 'done':
        this.#planned.delete(fact.id);
        if (fact.satisfaction === undefined) return;
        this.#answers.push({ at: fact.at, kind: 'followUp', answer: fact.satisfaction, fact });
        return;
      case 'missed':
        // What is due says so by itself, whether or not anybody has recorded it yet.
        return;
      default:
        fact satisfies never;
    }
  }

  #addComplaint(fact: FactOf<'complaint'>): void {
    if (fact.step === 'filed') this.#unheard.set(fact.id, fact);
    if (fact.step === 'filed' || fact.step === 'reopened') this.openComplaints.add(fact.id);
    if (fact.step === 'closed') this.openComplaints.delete(fact.id);
    if (fact.satisfaction !== undefined) {
      this.#unheard.delete(fact.id);
      this.#answers.push({ at: fact.at, kind: 'followUp', answer: fact.satisfaction, fact });
    }
  }
}
