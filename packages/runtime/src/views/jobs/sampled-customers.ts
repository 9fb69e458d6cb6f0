import type { EventStore, Position } from '@tenure/event-store';

const pageEvents = 2_000;

/** So many customers by chance out of all that the log has registered: each is as likely as any other (algorithm R). */
export async function sampledCustomers(
  store: EventStore,
  count: number,
  random: () => number,
  onPage: (position: Position, events: number) => void,
): Promise<readonly string[]> {
  const chosen: string[] = [];
  let seen = 0;
  let after: Position | undefined;
  for (;;) {
    const page = await store.readAllSealed({ limit: pageEvents, ...(after === undefined ? {} : { after }) });
    for (const { type, customerId } of page) {
      if (type !== 'CustomerRegistered' || customerId === null) continue;
      const place = seen++ < count ? chosen.length : Math.floor(random() * seen);
      if (place < count) chosen[place] = customerId;
    }
    after = page.at(-1)?.position ?? after;
    if (after !== undefined) onPage(after, page.length);
    if (page.length < pageEvents) return chosen;
  }
}
