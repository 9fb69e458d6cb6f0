import { createHash } from 'node:crypto';
import type { LogIdentity } from '@tenure/event-store';
import type { CollectionDefinition } from '@tenure/read-store';
import type { ServiceViews } from './types.ts';

/** Raised by hand when a projection's documents change in a way that its collections' definitions don't show. */
const projectionsVersion = 1;

/** All collections of some services' views. */
export function collectionsOf(services: readonly ServiceViews[]): readonly CollectionDefinition[] {
  return services.flatMap(({ projections = [] }) => projections.flatMap(({ collections }) => collections));
}

/** By what documents are derived, beside the facts. */
export interface DerivedBy {
  /** IANA zone of calendar days. */
  readonly zone: string;
  /** Ids of the events that published them. */
  readonly policies: readonly string[];
}

/**
 * Names the views of these collections over this log in this life: another epoch means other views, and so does a policy
 * that was published since, as nobody's documents know of it.
 */
export function viewVersion(
  collections: readonly CollectionDefinition[],
  { logId, epoch }: LogIdentity,
  { zone, policies }: DerivedBy,
): string {
  const shape = JSON.stringify([projectionsVersion, collections, zone, policies]);
  const hash = createHash('sha256').update(shape).digest('hex').slice(0, 8);
  return `${hash}-${logId.slice(0, 8)}-${epoch}`;
}

/** Where consumers of this log keep what outlives versions: holds, parks, the recorders' checkpoint. */
export function stateVersion({ logId, epoch }: LogIdentity): string {
  return `state-${logId.slice(0, 8)}-${epoch}`;
}
