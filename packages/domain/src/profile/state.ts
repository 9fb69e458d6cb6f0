import type { AttributeValue, customerKind, EventOfType, informationSource } from '@tenure/contracts';
import type { Happening } from '../decider.ts';
import { ImpossibleEventError } from '../errors.ts';
import type { AttributeCategory } from './attributes.ts';
import type { ContactPointKind } from './contact-point.ts';

type AttributesChanged = EventOfType<'AttributesChanged'>;
type ContactPointAdded = EventOfType<'ContactPointAdded'>;
type ContactPointVerified = EventOfType<'ContactPointVerified'>;
type ContactPointRemoved = EventOfType<'ContactPointRemoved'>;
export type ProfileEvent =
  | EventOfType<'CustomerRegistered'>
  | EventOfType<'ProfileCompleted'>
  | AttributesChanged
  | ContactPointAdded
  | ContactPointVerified
  | ContactPointRemoved
  | EventOfType<'KeyAccountMarked'>
  | EventOfType<'KeyLinked'>;

export type CustomerKind = (typeof customerKind.options)[number];
export type InformationSource = (typeof informationSource.options)[number];

/** What somebody saw. */
export interface Observation {
  /** Null: it was taken away. Undefined: it has been erased. */
  readonly value: AttributeValue | null | undefined;
  readonly category: AttributeCategory;
  readonly source: InformationSource;
  /** ms since 1970 UTC. */
  readonly observedAt: number;
}

export interface KnownContactPoint {
  readonly kind: ContactPointKind;
  /** Undefined: it has been erased. */
  readonly value: string | undefined;
  readonly verified: boolean;
  readonly removed: boolean;
  /** When it was last added or removed, ms since 1970 UTC. */
  readonly changedAt: number;
}

interface Profile {
  readonly customerId: string;
  /** Name space of the key that the customer is known by. */
  readonly source: string;
  /** By name, all observations in order of arrival; `holding` says which one counts. */
  readonly attributes: ReadonlyMap<string, readonly Observation[]>;
  readonly contactPoints: ReadonlyMap<string, KnownContactPoint>;
  /** 重点客户, by hand; null if nobody ever said. `at` in ms since 1970 UTC. */
  readonly keyAccount: { readonly marked: boolean; readonly at: number } | null;
  /** Ids of the same customer's other keys. */
  readonly links: ReadonlySet<string>;
}

/** `registered`: a fact named the key. `completed`: a registration said who that is. */
export type ProfileState =
  | { readonly status: 'unknown' }
  | (Profile & { readonly status: 'registered' })
  | (Profile & { readonly status: 'completed'; readonly kind: CustomerKind; readonly contentHash: string });
export type KnownProfile = Exclude<ProfileState, { readonly status: 'unknown' }>;

/** The observation that holds: the latest, and of those of one instant the one that arrived last. */
export function holding(observations: readonly Observation[]): Observation | undefined {
  let best: Observation | undefined;
  for (const one of observations) if (best === undefined || one.observedAt >= best.observedAt) best = one;
  return best;
}

export function evolve(state: ProfileState, event: Happening<ProfileEvent>): ProfileState {
  const impossible = (why: string) => new ImpossibleEventError(event.type, state.status, why);
  if (event.type === 'CustomerRegistered') {
    const { customerId } = event;
    if (state.status !== 'unknown') throw impossible('the customer is registered');
    if (customerId === null) throw impossible('it names no customer');
    const { source } = event.data;
    const blank = { attributes: new Map(), contactPoints: new Map(), keyAccount: null, links: new Set<string>() };
    return { status: 'registered', customerId, source, ...blank };
  }
  if (state.status === 'unknown') throw impossible('nobody is registered');
  if (event.customerId !== state.customerId) throw impossible('it is of another customer');
  switch (event.type) {
    case 'ProfileCompleted':
      if (state.status === 'completed') throw impossible('the profile is completed');
      return { ...state, status: 'completed', kind: event.data.kind, contentHash: event.data.contentHash };
    case 'AttributesChanged':
      return { ...state, attributes: withObservations(state.attributes, event) };
    case 'ContactPointAdded':
    case 'ContactPointVerified':
    case 'ContactPointRemoved': {
      const { contactPointId } = event.data;
      const point = evolvePoint(state.contactPoints.get(contactPointId), event, impossible);
      return { ...state, contactPoints: new Map(state.contactPoints).set(contactPointId, point) };
    }
    case 'KeyAccountMarked': {
      const { key: marked } = event.data;
      if (state.keyAccount !== null && event.occurredAt < state.keyAccount.at) throw impossible('it goes back in time');
      if (marked === (state.keyAccount?.marked ?? false)) throw impossible('it changes nothing');
      return { ...state, keyAccount: { marked, at: event.occurredAt } };
    }
    case 'KeyLinked': {
      const { otherCustomerId } = event.data;
      if (otherCustomerId === state.customerId) throw impossible('it links the customer to itself');
      if (state.links.has(otherCustomerId)) throw impossible('they are linked');
      return { ...state, links: new Set(state.links).add(otherCustomerId) };
    }
    default:
      return event satisfies never;
  }
}

function withObservations(attributes: Profile['attributes'], { data, personal }: AttributesChanged) {
  const next = new Map(attributes);
  for (const { name, category, source, observedAt, value } of data.changes) {
    const seen = value === undefined ? personal?.values[name] : value;
    const observation = { value: seen, category, source, observedAt: Date.parse(observedAt) };
    next.set(name, [...(next.get(name) ?? []), observation]);
  }
  return next;
}

function evolvePoint(
  point: KnownContactPoint | undefined,
  event: Happening<ContactPointAdded | ContactPointVerified | ContactPointRemoved>,
  impossible: (why: string) => ImpossibleEventError,
): KnownContactPoint {
  if (point !== undefined && event.occurredAt < point.changedAt) throw impossible('it goes back in time');
  if (event.type === 'ContactPointAdded') {
    if (point?.removed === false) throw impossible('the contact point is there');
    const { kind, verified } = event.data;
    const changedAt = event.occurredAt;
    return { kind, value: event.personal?.value, verified, removed: false, changedAt };
  }
  if (point === undefined || point.removed) throw impossible('there is no such contact point');
  if (event.type === 'ContactPointRemoved') return { ...point, removed: true, changedAt: event.occurredAt };
  if (point.verified) throw impossible('the contact point is verified');
  return { ...point, verified: true };
}
