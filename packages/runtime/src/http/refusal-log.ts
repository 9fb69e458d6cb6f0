import type { Log } from '../telemetry/log.ts';
import type { Problem } from './problem.ts';

const EVERY_MS = 1_000;

/**
 * Logs what was refused through no fault of the client. Under load, or while an engine is away, that is every request:
 * each kind is logged once a second, with how many there were since.
 */
export class RefusalLog {
  readonly #log: Log;
  readonly #kinds = new Map<string, { loggedAt: number; since: number }>();

  constructor(log: Log) {
    this.#log = log;
  }

  note(problem: Problem, requestId: string): void {
    const now = performance.now();
    const kind = this.#kinds.get(problem.code) ?? { loggedAt: Number.NEGATIVE_INFINITY, since: 0 };
    this.#kinds.set(problem.code, kind);
    kind.since++;
    if (now - kind.loggedAt < EVERY_MS) return;
    const { code, message: reason } = problem;
    this.#log.warn({ code, requestId, reason, refused: kind.since }, 'request refused');
    kind.loggedAt = now;
    kind.since = 0;
  }
}
