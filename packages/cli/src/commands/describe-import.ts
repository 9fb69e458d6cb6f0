import { minorUnitExponent } from '../import/decimal.ts';
import type { ImportSummary } from '../import/summary.ts';
import { formatTable } from '../terminal/table.ts';

/** Whether all of the file is in the store. */
export function isComplete({ parked, outcomes }: ImportSummary): boolean {
  return parked.rows === 0 && outcomes.conflicts + outcomes.rejected + outcomes.failed === 0;
}

/** The outcome of an import as a person reads it. */
export function describeImport(summary: ImportSummary): string[] {
  const { outcomes, parked, unmappedColumns } = summary;
  return [
    `${summary.file}: ${count(summary.rows, 'row')} in ${summary.seconds.toFixed(1)} s, source ${summary.source}`,
    `  ${count(summary.orders, 'order')} with ${count(summary.lines, 'line')}, ` +
      `${count(summary.refunds, 'refund')} with ${count(summary.refundLines, 'line')}; ` +
      `${count(summary.anonymousLines, 'line')} without a customer`,
    ...formatTable(
      [
        { title: '', value: (total) => `  ${total.currency}` },
        { title: 'gross', value: (total) => money(total.grossMinor, total.currency) },
        { title: 'refunded', value: (total) => money(total.refundedMinor, total.currency) },
        { title: 'net', value: (total) => money(total.netMinor, total.currency) },
      ],
      summary.currencies,
    ),
    summary.session === null
      ? 'Nothing was sent.'
      : `Sent: ${outcomes.new} new, ${outcomes.repeated} there already, ${outcomes.conflicts} there with other content, ` +
        `${outcomes.rejected} rejected.`,
    ...(outcomes.failed > 0 ? [`The service could not take ${outcomes.failed}: import the file again.`] : []),
    ...describeParked(parked),
    ...(unmappedColumns.length > 0 ? [`Columns that the map does not use: ${unmappedColumns.join(', ')}`] : []),
  ];
}

function describeParked({ rows, file, reasons, examples }: ImportSummary['parked']): string[] {
  if (rows === 0) return [];
  const [more] = [rows - examples.length];
  return [
    `Not imported: ${count(rows, 'row')}, all of them in ${file}`,
    ...examples.map(
      ({ line, order, reason }) => `  line ${line}${order === null ? '' : `, order ${order}`}: ${reason}`,
    ),
    ...(more > 0
      ? [`  and ${more} more; by reason:`, ...reasons.map(({ reason, rows }) => `  ${rows} x ${reason}`)]
      : []),
  ];
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
}

function money(minor: number, currency: string): string {
  const digits = minorUnitExponent(currency) ?? 2;
  const text = Math.abs(minor)
    .toString()
    .padStart(digits + 1, '0');
  const whole = Number(text.slice(0, text.length - digits)).toLocaleString('en');
  return `${minor < 0 ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`;
}
