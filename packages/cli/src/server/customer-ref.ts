import { customerView } from '@tenure/contracts';
import { UsageError } from '../errors.ts';
import type { Client } from './client.ts';

/** The customer's id, from an id or from `source/key`. @throws ProblemError when the key is not known */
export async function resolveCustomer(client: Client, reference: string): Promise<string> {
  if (/^[0-9a-f]{32}$/.test(reference)) return reference;
  const slash = reference.indexOf('/');
  if (slash < 1 || slash === reference.length - 1) {
    throw new UsageError(`${reference} is no customer: give an id (32 hex digits), or source/key.`);
  }
  const [source, key] = [reference.slice(0, slash), reference.slice(slash + 1)];
  const path = `/v1/customers/by-key/${encodeURIComponent(source)}/${encodeURIComponent(key)}`;
  return customerView
    .pick({ id: true })
    .loose()
    .parse(await client.get(path)).id;
}
