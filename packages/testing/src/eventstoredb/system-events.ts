import type { EventLog } from './event-log.ts';

const STREAM = '$stats-127.0.0.1:2113';
const TYPE = '$statsCollected';

/** The server writes events of its own between those of its clients, who have to pass over them. */
export class SystemEvents {
  readonly #log: EventLog;

  /** `every`: one after so many events; never if absent. */
  constructor(log: EventLog, every: number | undefined) {
    this.#log = log;
    if (every === undefined) return;
    let next = log.committed + every;
    log.onCommitted(() => {
      if (log.committed < next) return;
      next = log.committed + every;
      void this.write();
    });
  }

  async write(): Promise<void> {
    await this.#log.appendSystemEvent(STREAM, TYPE, { 'proc-mem': process.memoryUsage.rss() });
  }
}
