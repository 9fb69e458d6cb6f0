import type { HistoryItem } from '@tenure/contracts';

/** What an event says, in a few words; all of it stands in `--json`. */
export function describeEvent({ type, data }: Pick<HistoryItem, 'type' | 'data'>): string {
  const text = (field: string): string => String(data[field] ?? '');
  switch (type) {
    case 'PurchaseRecorded':
      return `order ${text('orderId')}: ${lines(data)}`;
    case 'RefundRecorded':
      return `refund ${text('refundId')}${data.originalOrderId === undefined ? '' : ` of order ${text('originalOrderId')}`}: ${lines(data)}`;
    case 'PointsEarned':
      return `${text('points')} points for order ${text('orderId')}, until ${text('expiresAt').slice(0, 10)}`;
    case 'PointsTakenBack':
      return `${text('points')} points for refund ${text('refundId')}`;
    case 'PointsExpired':
      return `${text('points')} points of order ${text('orderId')}`;
    case 'StageChanged':
    case 'TierChanged':
      return `${text('from')} -> ${text('to')} (${text('reason')}${causeOf(data.cause)})`;
    case 'StageRestated':
      return `from ${text('validFrom')} on: ${steps(data.timeline)}${causeOf(data.cause)}`;
    default:
      return shortened(JSON.stringify(data));
  }
}

function lines(data: HistoryItem['data']): string {
  const list = Array.isArray(data.lines) ? (data.lines as readonly { readonly amountMinor: number }[]) : [];
  const currency = String(data.currency);
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const minor = list.reduce((sum, line) => sum + line.amountMinor, 0);
  const [sign, padded] = [minor < 0 ? '-' : '', String(Math.abs(minor)).padStart(digits + 1, '0')];
  const amount = digits === 0 ? padded : `${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
  return `${list.length} ${list.length === 1 ? 'line' : 'lines'}, ${sign}${amount} ${currency}`;
}

function causeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('kind' in cause) || !('id' in cause)) return '';
  return `, by ${cause.kind} ${cause.id}`;
}

function steps(timeline: unknown): string {
  const list = Array.isArray(timeline) ? (timeline as readonly { readonly from: string; readonly to: string }[]) : [];
  return shortened([list[0]?.from, ...list.map(({ to }) => to)].join(' -> '));
}

function shortened(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}
