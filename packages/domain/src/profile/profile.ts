import type { AttributeValue } from '@tenure/contracts';
import { accepted, type Decider, type Decision, type Happening, unchanged } from '../decider.ts';
import { MisroutedCommandError } from '../errors.ts';
import { reject } from '../rejections.ts';
import { isoInstant } from '../time/calendar.ts';
import { changeAttributes } from './change-attributes.ts';
import { addContactPoint, removeContactPoint, verifyContactPoint } from './change-contact-points.ts';
import type { ContactPointKind } from './contact-point.ts';
import {
  type CustomerKind,
  evolve,
  type InformationSource,
  type KnownProfile,
  type ProfileEvent,
  type ProfileState,
} from './state.ts';

/** A fact named the key; `unchanged` when it is known. */
export interface RegisterByFact {
  readonly type: 'RegisterByFact';
  readonly customerId: string;
  readonly source: string;
  readonly key: string;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
}

/** An attribute as it was observed. */
export interface AttributeInput {
  /** Null takes it away. */
  readonly value: AttributeValue | null;
  readonly source: InformationSource;
  /** RFC 3339 in UTC. */
  readonly observedAt: string;
}

export interface ContactPointInput {
  /** 32 hex digits, made from kind and normalised value: the same contact point has the same id. */
  readonly id: string;
  readonly kind: ContactPointKind;
  readonly value: string;
  readonly verified?: boolean | undefined;
  readonly source: InformationSource;
  /** RFC 3339 in UTC. */
  readonly observedAt: string;
}

/** Registers a customer, or completes one that a fact has registered. */
export interface RegisterCustomer {
  readonly type: 'RegisterCustomer';
  readonly customerId: string;
  readonly source: string;
  readonly key: string;
  readonly kind: CustomerKind;
  readonly attributes?: Readonly<Record<string, AttributeInput>> | undefined;
  readonly contactPoints?: readonly ContactPointInput[] | undefined;
  /** Keyed hash of the registration as it was accepted; equal for the same sent again. */
  readonly contentHash: string;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
}

/** Changes what is known of a customer, all of it or nothing. */
export interface ChangeProfile {
  readonly type: 'ChangeProfile';
  /** By name. */
  readonly attributes?: Readonly<Record<string, AttributeInput>> | undefined;
  readonly contactPoints?:
    | {
        readonly add?: readonly ContactPointInput[] | undefined;
        /** Ids. */
        readonly verify?: readonly string[] | undefined;
        /** Ids. */
        readonly remove?: readonly string[] | undefined;
      }
    | undefined;
  /** 重点客户 */
  readonly keyAccount?: boolean | undefined;
  /** ms since 1970 UTC. Attributes and contact points are dated by their observation. */
  readonly occurredAt: number;
}

/** Says that another id is the same customer; to be given to both profiles. */
export interface LinkKey {
  readonly type: 'LinkKey';
  readonly otherCustomerId: string;
  /** ms since 1970 UTC. */
  readonly occurredAt: number;
}

export type ProfileCommand = RegisterByFact | RegisterCustomer | ChangeProfile | LinkKey;

function decide(command: ProfileCommand, state: ProfileState): Decision<ProfileEvent> {
  switch (command.type) {
    case 'RegisterByFact':
      expectCustomer(state, command.customerId);
      return state.status === 'unknown' ? accepted(registered(command, 'fact')) : unchanged;
    case 'RegisterCustomer':
      expectCustomer(state, command.customerId);
      return register(command, state);
    case 'ChangeProfile':
      if (state.status === 'unknown') return notFound;
      return inTurn(state, stepsOf(command));
    case 'LinkKey':
      return link(command, state);
    default:
      return command satisfies never;
  }
}

const notFound = reject('not-found', 'there is no such customer');

/** A part of a command, decided on what the parts before it have come to. */
type Step = (state: KnownProfile) => Decision<ProfileEvent>;

function inTurn(state: KnownProfile, steps: readonly Step[]): Decision<ProfileEvent> {
  const events: Happening<ProfileEvent>[] = [];
  let current = state;
  for (const step of steps) {
    const decision = step(current);
    if (decision.kind === 'rejected') return decision;
    if (decision.kind === 'unchanged') continue;
    for (const event of decision.events) current = known(evolve(current, event));
    events.push(...decision.events);
  }
  return events.length === 0 ? unchanged : accepted(...events);
}

function register(command: RegisterCustomer, state: ProfileState): Decision<ProfileEvent> {
  const { customerId, kind, attributes = {}, contactPoints = [], contentHash, occurredAt } = command;
  if (state.status === 'completed') {
    if (state.contentHash === contentHash) return unchanged;
    return reject('already-registered', 'the customer is registered; change what is known of them instead');
  }
  const first = state.status === 'unknown' ? [registered(command, 'registration')] : [];
  const start = first.reduce<ProfileState>(evolve, state);
  const decision = inTurn(known(start), [
    () => accepted({ type: 'ProfileCompleted', data: { kind, contentHash }, occurredAt, customerId }),
    (current) => changeAttributes(current, attributes),
    ...contactPoints.map(
      (point, index): Step =>
        (current) =>
          addContactPoint(current, point, `/contactPoints/${index}`),
    ),
  ]);
  return decision.kind === 'accepted' ? accepted<ProfileEvent>(...first, ...decision.events) : decision;
}

function registered(
  { source, key, occurredAt, customerId }: RegisterByFact | RegisterCustomer,
  via: 'fact' | 'registration',
): Happening<ProfileEvent> {
  return { type: 'CustomerRegistered', data: { source, via }, personal: { key }, occurredAt, customerId };
}

function stepsOf({ attributes = {}, contactPoints = {}, keyAccount, occurredAt }: ChangeProfile): readonly Step[] {
  const { add = [], verify = [], remove = [] } = contactPoints;
  const at = (action: string, index: number) => `/contactPoints/${action}/${index}`;
  return [
    (state) => changeAttributes(state, attributes),
    ...add.map(
      (point, index): Step =>
        (state) =>
          addContactPoint(state, point, at('add', index)),
    ),
    ...verify.map(
      (id, index): Step =>
        (state) =>
          verifyContactPoint(state, id, occurredAt, at('verify', index)),
    ),
    ...remove.map(
      (id, index): Step =>
        (state) =>
          removeContactPoint(state, id, occurredAt, at('remove', index)),
    ),
    (state) => (keyAccount === undefined ? unchanged : markKeyAccount(state, keyAccount, occurredAt)),
  ];
}

function markKeyAccount(state: KnownProfile, key: boolean, occurredAt: number): Decision<ProfileEvent> {
  const { customerId, keyAccount } = state;
  if (key === (keyAccount?.marked ?? false)) return unchanged;
  if (keyAccount !== null && occurredAt < keyAccount.at) {
    const detail = `precedes ${isoInstant(keyAccount.at)}, when the mark of a key account was last changed`;
    return reject('out-of-order', detail, { pointer: '/occurredAt' });
  }
  return accepted({ type: 'KeyAccountMarked', data: { key }, occurredAt, customerId });
}

function link({ otherCustomerId, occurredAt }: LinkKey, state: ProfileState): Decision<ProfileEvent> {
  if (state.status === 'unknown') return notFound;
  const { customerId } = state;
  if (otherCustomerId === customerId) {
    return reject('self-link', 'is the key of this very customer', { pointer: '/customer' });
  }
  if (state.links.has(otherCustomerId)) return unchanged;
  return accepted({ type: 'KeyLinked', data: { otherCustomerId }, occurredAt, customerId });
}

function expectCustomer(state: ProfileState, customerId: string): void {
  if (state.status === 'unknown' || state.customerId === customerId) return;
  throw new MisroutedCommandError('the command is for another customer');
}

function known(state: ProfileState): KnownProfile {
  if (state.status === 'unknown') throw new MisroutedCommandError('nobody is registered');
  return state;
}

export const profileDecider: Decider<ProfileState, ProfileCommand, ProfileEvent> = {
  initialState: { status: 'unknown' },
  evolve,
  decide,
};
