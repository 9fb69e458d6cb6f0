/** What a read by key says of a customer. */
export interface KnownCustomer {
  readonly id: string;
  readonly json: string;
}

/** Customers of a set of purchases, spread over all of them. */
export async function someCustomers(url: string, customers: number, wanted: number): Promise<readonly KnownCustomer[]> {
  const found: KnownCustomer[] = [];
  const step = Math.max(1, Math.floor(customers / wanted));
  for (let number = 1; number <= customers && found.length < wanted; number += step) {
    const answer = await fetch(`${url}/v1/customers/by-key/members/M${number}`);
    const json = await answer.text();
    if (answer.status !== 200) throw new Error(`customer M${number}: ${answer.status} ${json}`);
    found.push({ id: (JSON.parse(json) as { readonly id: string }).id, json });
  }
  return found;
}

/** Their views by id, in turn. */
export function viewsInTurn(customers: readonly KnownCustomer[]): () => string {
  let number = 0;
  return () => `/v1/customers/${customers[number++ % customers.length]?.id}`;
}
