import type { Target } from '../harness/case.ts';
import type { CaseResult, Results } from './results.ts';

/** What was measured, as Markdown. */
export function tableOf({ machine, cases }: Results): string {
  const rows = Object.entries(cases).flatMap(([id, one]) => [
    row(
      id,
      one.title,
      `${figure(one.value)} ${one.unit}`,
      one.raw === null ? '' : `${figure(one.raw)} (${one.rawIs})`,
      one.ratio === null ? '' : String(one.ratio),
      one.target === null ? '' : bound(one.target, one.unit),
      answer(one.met),
    ),
    ...Object.entries(one.also).map(([name, also]) =>
      row(
        '',
        name,
        `${figure(also.value)} ${also.unit}`,
        '',
        '',
        also.atMost === null ? '' : `<= ${also.atMost} ${also.unit}`,
        answer(also.met),
      ),
    ),
  ]);
  const { cpu, cores, memoryGiB, system, versions } = machine;
  return [
    row('id', 'what', 'measured', 'raw limit', 'ratio', 'target', 'met'),
    row('---', '---', '--:', '--:', '--:', '--:', '---'),
    ...rows,
    '',
    `${measuredWhen(cases)}, on ${cores} cores of ${cpu}, ${memoryGiB} GiB, ${system}; Node ${versions.node}, SQLite ${versions.sqlite}, Fastify ${versions.fastify}.`,
  ].join('\n');
}

const BEGIN = '<!-- results -->';
const END = '<!-- /results -->';

/** Puts the table into a text, where its marks are. @throws {Error} without marks */
export function withTable(text: string, table: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`there is no place for the results between ${BEGIN} and ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n${table}\n${text.slice(end)}`;
}

/** How often and when; which cases, where not all of them were measured together. */
function measuredWhen(cases: Readonly<Record<string, CaseResult>>): string {
  const occasions = Map.groupBy(Object.entries(cases), ([, { runs, date }]) => {
    const often = runs === 1 ? 'one run' : `medians of ${runs}`;
    return `${often}, ${date.slice(0, 10)}`;
  });
  const said = [...occasions].map(([occasion, own]) =>
    occasions.size === 1 ? occasion : `${occasion} (${own.map(([id]) => id).join(', ')})`,
  );
  const text = said.join('; ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function answer(met: boolean | null): string {
  if (met === null) return '';
  return met ? 'yes' : 'no';
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function bound({ of, atLeast, atMost }: Target, unit: string): string {
  const suffix = of === 'ratio' ? '' : ` ${unit}`;
  return atLeast === undefined ? `<= ${atMost}${suffix}` : `>= ${atLeast}${suffix}`;
}

function figure(value: number): string {
  return value.toLocaleString('en');
}
