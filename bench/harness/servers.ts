import { hasKafka, hasMongoDB } from '@tenure/testing/servers';

/** A server that is no part of the product. */
export type ServerName = 'Kafka' | 'MongoDB';

const isHere: Readonly<Record<ServerName, () => boolean>> = { Kafka: hasKafka, MongoDB: hasMongoDB };

/** What is not here of these, and how it is had; undefined if all are. */
export function missingFor(needed: readonly ServerName[]): string | undefined {
  const missing = needed.filter((name) => !isHere[name]());
  if (missing.length === 0) return undefined;
  return `there is no ${missing.join(' and no ')}; TENURE_TEST_SERVERS=local takes them from this machine's Java, Maven and Python, TENURE_TEST_SERVERS=docker from containers`;
}
