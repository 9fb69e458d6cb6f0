import {
  accepted,
  type Decider,
  type LinkKey,
  type ProfileEvent,
  type ProfileState,
  profileDecider,
} from '@tenure/domain';

/** Links a key that may not be known yet. */
export interface LinkNamedKey extends LinkKey {
  readonly customerId: string;
  readonly source: string;
  readonly key: string;
}

/** Registers the key first if nobody is known by it: a link is a fact about it like any other. */
export const namedKeyDecider: Decider<ProfileState, LinkNamedKey, ProfileEvent> = {
  initialState: profileDecider.initialState,
  evolve: profileDecider.evolve,
  decide({ customerId, source, key, ...link }, state) {
    const { occurredAt } = link;
    const first = profileDecider.decide({ type: 'RegisterByFact', customerId, source, key, occurredAt }, state);
    if (first.kind !== 'accepted') return profileDecider.decide(link, state);
    const second = profileDecider.decide(link, first.events.reduce(profileDecider.evolve, state));
    return second.kind === 'accepted' ? accepted<ProfileEvent>(...first.events, ...second.events) : second;
  },
};
