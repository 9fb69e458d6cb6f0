import { Temporal } from '@js-temporal/polyfill';
import type { SatisfactionReport } from '@tenure/contracts';
import type { SurveyAnswer } from '../projections/survey-answers.ts';

export type Interval = 'day' | 'week' | 'month';
export type Grouping = 'channel' | 'department' | 'product';
type Item = SatisfactionReport['items'][number];

interface Answers {
  csat: number;
  csatSatisfied: number;
  nps: number;
  promoters: number;
  detractors: number;
  ces: number;
  cesSum: number;
}

/** CSAT, NPS and CES of answers, by group and by calendar interval in a zone. */
export class SatisfactionTally {
  readonly #by: Grouping | undefined;
  readonly #interval: Interval | undefined;
  readonly #zone: string;
  readonly #cells = new Map<string, { group: string | null; interval: string; answers: Answers }>();

  constructor(by: Grouping | undefined, interval: Interval | undefined, zone: string) {
    this.#by = by;
    this.#interval = interval;
    this.#zone = zone;
  }

  add(answer: SurveyAnswer): void {
    const group = this.#by === undefined ? null : answer[this.#by];
    const interval = this.#interval === undefined ? '' : intervalName(answer.at, this.#interval, this.#zone);
    const key = JSON.stringify([interval, group]);
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      const answers = { csat: 0, csatSatisfied: 0, nps: 0, promoters: 0, detractors: 0, ces: 0, cesSum: 0 };
      cell = { group, interval, answers };
      this.#cells.set(key, cell);
    }
    count(cell.answers, answer);
  }

  items(): readonly Item[] {
    if (this.#cells.size === 0 && this.#by === undefined && this.#interval === undefined) {
      return [scores({ csat: 0, csatSatisfied: 0, nps: 0, promoters: 0, detractors: 0, ces: 0, cesSum: 0 })];
    }
    return [...this.#cells.values()]
      .sort((left, right) => compare(left.interval, right.interval) || compare(left.group ?? '', right.group ?? ''))
      .map(({ group, interval, answers }) => ({
        ...(this.#by === undefined ? {} : { group }),
        ...(this.#interval === undefined ? {} : { interval }),
        ...scores(answers),
      }));
  }
}

/** `2011-02-14`, `2011-W07` (ISO 8601) or `2011-02`, by the local date. */
function intervalName(at: number, interval: Interval, zone: string): string {
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  switch (interval) {
    case 'day':
      return date.toString();
    case 'week':
      return `${date.yearOfWeek}-W${String(date.weekOfYear).padStart(2, '0')}`;
    case 'month':
      return date.toPlainYearMonth().toString();
    default:
      return interval satisfies never;
  }
}

function count(answers: Answers, { kind, score }: SurveyAnswer): void {
  switch (kind) {
    case 'csat':
      answers.csat++;
      if (score >= 4) answers.csatSatisfied++;
      return;
    case 'nps':
      answers.nps++;
      if (score >= 9) answers.promoters++;
      else if (score <= 6) answers.detractors++;
      return;
    case 'ces':
      answers.ces++;
      answers.cesSum += score;
      return;
    default:
      kind satisfies never;
  }
}

/** CSAT: % of 4 and 5. NPS: % of 9 and 10 less % of 0 to 6. CES: mean. To two decimals. */
function scores(answers: Answers): Pick<Item, 'csat' | 'nps' | 'ces'> {
  const { csat, csatSatisfied, nps, promoters, detractors, ces, cesSum } = answers;
  return {
    csat: { answers: csat, score: csat === 0 ? null : rounded((100 * csatSatisfied) / csat) },
    nps: { answers: nps, score: nps === 0 ? null : rounded((100 * (promoters - detractors)) / nps) },
    ces: { answers: ces, score: ces === 0 ? null : rounded(cesSum / ces) },
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
