import type { AppendOutcome } from '../port.ts';
import { formatPosition } from './position.ts';
import type { UnitOutcome } from './sqlite-log.ts';

const APPENDED = 0;
const CONFLICT = 1;

/** Outcomes cross threads as one flat array, as requests do. */
export const encodeOutcomes = (target: unknown[], id: number, outcomes: readonly UnitOutcome[]): void => {
  target.push(id, outcomes.length);
  for (const outcome of outcomes) {
    if (outcome.status === 'appended') target.push(APPENDED, outcome.position, outcome.recordedAt);
    else target.push(CONFLICT, outcome.stream, outcome.actual);
  }
};

/** Reads what `encodeOutcomes` wrote: each call's id with its outcomes. */
export function* decodeOutcomes(source: readonly unknown[]): Generator<[id: number, outcomes: AppendOutcome[]]> {
  let at = 0;
  while (at < source.length) {
    const id = Number(source[at++]);
    const length = Number(source[at++]);
    const outcomes: AppendOutcome[] = [];
    for (let index = 0; index < length; index++, at += 3) {
      const [status, first, second] = [source[at], source[at + 1], Number(source[at + 2])];
      outcomes.push(
        status === APPENDED
          ? { status: 'appended', position: formatPosition(Number(first)), recordedAt: second }
          : { status: 'conflict', stream: String(first), actual: second },
      );
    }
    yield [id, outcomes];
  }
}
