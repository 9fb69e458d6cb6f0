import { createHash } from 'node:crypto';
import type { LogIdentity } from '@tenure/event-store';
import type { CollectionDefinition } from '@tenure/read-store';
import type { ServiceViews } from './types.ts';

/** All collections of some services' views. */
export function collectionsOf(services: readonly ServiceViews[]): readonly CollectionDefinition[] {
  return services.flatMap(({ projections = [] }) => projections.flatMap(({ collections }) => collections));
}

/** By what documents are derived, beside the facts. */
export interface DerivedBy {
  /** Hash of the code: see `projectionSources`. */
  readonly code: string;
  /** IANA zone of calendar days. */
  readonly zone: string;
  /** Ids of the events that published them. */
  readonly policies: readonly string[];
}

/**
 * Names the views of these collections over this log in this life: another epoch means other views, and so does other
 * code, or a policy that was published since, as nobody's documents know of it.
 */
export function viewVersion(
  collections: readonly CollectionDefinition[],
  { logId, epoch }: LogIdentity,
  { code, zone, policies }: DerivedBy,
): string {
  const shape = JSON.stringify([code, collections, zone, policies]);
  const hash = createHash('sha256').update(shape).digest('hex').slice(0, 8);
  return `${hash}-${logId.slice(0, 8)}-${epoch}`;
}

/** What a version and its other builds have in common: the same code over the same log. */
export function withoutBuild(version: string): string {
  return version.replace(/-b\d+$/, '');
}

/** The next build of a version: no other of these has its number or a higher one. */
export function nextBuild(wanted: string, versions: readonly string[]): string {
  const builds = versions.filter((version) => withoutBuild(version) === wanted).map(buildOf);
  return builds.length === 0 ? wanted : `${wanted}-b${Math.max(...builds) + 1}`;
}

function buildOf(version: string): number {
  return Number(/-b(\d+)$/.exec(version)?.[1] ?? 1);
}

/** Where consumers of this log keep what outlives versions: holds, parks, the recorders' checkpoint. */
export function stateVersion({ logId, epoch }: LogIdentity): string {
  return `state-${logId.slice(0, 8)}-${epoch}`;
}
