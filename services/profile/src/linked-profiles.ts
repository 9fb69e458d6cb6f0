import { type ChangeProfile, type KnownContactPoint, type ProfileState, profileDecider } from '@tenure/domain';
import { type Commands, customerStreams } from '@tenure/runtime';

/** The profiles of one customer: one for each id that links connect, in order of registration. */
export type LinkedProfiles = ReadonlyMap<string, ProfileState>;

/** Reads the profiles of a customer by any of their ids. If nobody is registered under it, that id alone. */
export async function linkedProfiles(commands: Pick<Commands, 'stateOf'>, customerId: string): Promise<LinkedProfiles> {
  const found: { readonly id: string; readonly registered: string; readonly state: ProfileState }[] = [];
  const seen = new Set([customerId]);
  const waiting = [customerId];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const { state, begins: registered } = await commands.stateOf(profileDecider, customerStreams.profile(id));
    if (state.status === 'unknown' || registered === null) continue;
    found.push({ id, registered, state });
    for (const other of state.links) {
      if (seen.has(other)) continue;
      seen.add(other);
      waiting.push(other);
    }
  }
  if (found.length === 0) return new Map([[customerId, profileDecider.initialState]]);
  found.sort((left, right) => (left.registered < right.registered ? -1 : 1));
  return new Map(found.map(({ id, state }) => [id, state]));
}

/**
 * What a change is for each of the profiles, the canonical last: new is said there, what another one holds is taken back
 * where it is. A profile that had a part in it has it again when the change is repeated.
 */
export function divided(change: ChangeProfile, profiles: LinkedProfiles): ReadonlyMap<string, ChangeProfile> {
  const [canonicalId = '', ...aliases] = profiles.keys();
  const { verify = [], remove = [], ...added } = change.contactPoints ?? {};
  const held = (points: readonly string[], id: string): readonly string[] =>
    points.filter((point) => holders(point, profiles).includes(id));
  const parts = new Map<string, ChangeProfile>();
  for (const id of aliases) {
    const contactPoints = { verify: held(verify, id), remove: held(remove, id) };
    const wasMarked = change.keyAccount === false && knownIn(profiles, id)?.keyAccount != null;
    if (contactPoints.verify.length + contactPoints.remove.length === 0 && !wasMarked) continue;
    const { type, occurredAt } = change;
    parts.set(id, { type, contactPoints, keyAccount: wasMarked ? false : undefined, occurredAt });
  }
  const contactPoints = { ...added, verify: held(verify, canonicalId), remove: held(remove, canonicalId) };
  return parts.set(canonicalId, { ...change, contactPoints });
}

/** Whose contact point it is: of those who have it, else of those who had it, else of the canonical, which refuses. */
function holders(point: string, profiles: LinkedProfiles): readonly string[] {
  const known = (is: (point: KnownContactPoint) => boolean): readonly string[] =>
    [...profiles.keys()].filter((id) => {
      const own = knownIn(profiles, id)?.contactPoints.get(point);
      return own !== undefined && is(own);
    });
  const having = known(({ removed }) => !removed);
  if (having.length > 0) return having;
  const had = known(() => true);
  return had.length > 0 ? had : [...profiles.keys()].slice(0, 1);
}

function knownIn(profiles: LinkedProfiles, id: string) {
  const state = profiles.get(id);
  return state === undefined || state.status === 'unknown' ? undefined : state;
}
