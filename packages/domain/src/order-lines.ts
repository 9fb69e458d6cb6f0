import type { Decision } from './decider.ts';
import { reject } from './rejections.ts';

/** The most that one order or refund may amount to; the sum of 90 such is still a safe integer. */
const maxTotalMinor = 100_000_000_000_000;

/** What is wrong with the lines of a purchase or a refund as a whole; undefined if nothing is. */
export function checkLines(
  lines: readonly { readonly lineId: string; readonly amountMinor: number }[],
): Decision<never> | undefined {
  const seen = new Map<string, number>();
  let magnitude = 0;
  for (const [index, line] of lines.entries()) {
    const first = seen.get(line.lineId);
    if (first !== undefined) {
      const detail = `has the same id as line ${first}, counted from 0`;
      return reject('duplicate-line-id', detail, { pointer: `/lines/${index}/lineId` });
    }
    seen.set(line.lineId, index);
    magnitude += Math.abs(line.amountMinor);
    if (magnitude > maxTotalMinor) {
      const detail = `the amounts of the lines up to this one exceed ${maxTotalMinor} minor units`;
      return reject('amount-too-large', detail, { pointer: `/lines/${index}/amountMinor` });
    }
  }
  return undefined;
}

export function totalMinor(lines: readonly { readonly amountMinor: number }[]): number {
  return lines.reduce((sum, line) => sum + line.amountMinor, 0);
}
