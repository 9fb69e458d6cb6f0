import { setTimeout as delay } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { connectSqliteEventStore } from '@tenure/event-store/sqlite';

/** The end of a log that another process writes. */
export interface Head {
  position(): Promise<string | null>;
  /** Whether the log goes on beyond a position within some time. */
  movesFrom(position: string | null, withinMs: number): Promise<boolean>;
  /** How many events there are of each type. */
  countByType(): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 50;
const PAGE = 5_000;

/** Reads beside the writer. Nothing is appended, so nobody listens at the other end of the port. */
export function openHead(directory: string): Head {
  const { port1, port2 } = new MessageChannel();
  const store = connectSqliteEventStore({ directory, port: port1 });
  return {
    position: () => store.head(),
    async movesFrom(position, withinMs) {
      const deadline = performance.now() + withinMs;
      while (performance.now() < deadline) {
        await delay(LOOK_EVERY_MS);
        if ((await store.head()) !== position) return true;
      }
      return false;
    },
    async countByType() {
      const counts = new Map<string, number>();
      let after: string | undefined;
      for (;;) {
        const page = await store.readAll({ limit: PAGE, ...(after === undefined ? {} : { after }) });
        for (const { type } of page) counts.set(type, (counts.get(type) ?? 0) + 1);
        after = page.at(-1)?.position;
        if (page.length < PAGE) return counts;
      }
    },
    async close() {
      await store.close();
      port2.close();
    },
  };
}
