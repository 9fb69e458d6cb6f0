import type { ComplaintItem, ComplaintView } from '@tenure/contracts';
import { complaintDecider, isoInstant } from '@tenure/domain';
import type { StoredEvent } from '@tenure/event-store';
import { idOfStream, type RecordedEvent, recordedEvent, stateOf } from '@tenure/runtime/views';

/** A complaint as lists show it, out of the events of its stream. Undefined if nothing was filed. */
export function complaintItemOf(history: readonly StoredEvent[]): ComplaintItem | undefined {
  const state = stateOf(complaintDecider, history);
  const events = stepsOf(history);
  const [filed] = events;
  const last = events.at(-1);
  if (state.status === 'unknown' || last === undefined || filed?.type !== 'ComplaintFiled') return undefined;
  const { source, complaintId, severity, channel, orderId = null } = filed.data;
  const open = state.status !== 'resolved' && state.status !== 'closed';
  return {
    id: idOfStream(filed.stream),
    source,
    complaintId,
    customerId: filed.customerId,
    status: state.status,
    open,
    severity,
    channel,
    orderId,
    department: state.assignment?.department ?? null,
    assignee: state.assignment?.assignee ?? null,
    cause: state.analysis?.cause ?? null,
    responsibleDepartment: state.analysis?.responsibleDepartment ?? null,
    solved: state.followUp?.solved ?? null,
    satisfaction: state.followUp?.satisfaction ?? null,
    filedAt: isoInstant(filed.occurredAt),
    acknowledgedAt: instantOf(events.find(({ type }) => type === 'ComplaintAcknowledged')),
    resolvedAt: open ? null : instantOf(events.findLast(({ type }) => type === 'ComplaintResolved')),
    closedAt: state.status === 'closed' ? instantOf(events.findLast(({ type }) => type === 'ComplaintClosed')) : null,
    reopenings: events.filter(({ type }) => type === 'ComplaintReopened').length,
    lastAt: isoInstant(state.lastAt),
    position: last.position,
  };
}

/** The same with all that was said. */
export function complaintViewOf(history: readonly StoredEvent[]): ComplaintView | undefined {
  const item = complaintItemOf(history);
  if (item === undefined) return undefined;
  const events = stepsOf(history);
  const filed = events.find((event) => event.type === 'ComplaintFiled');
  const resolved = events.findLast((event) => event.type === 'ComplaintResolved');
  return {
    ...item,
    content: filed?.personal?.content ?? null,
    contact: filed?.personal?.contact ?? null,
    solution: resolved?.personal?.solution ?? null,
    steps: events.map(stepOf),
  };
}

/** What was refused is no step. */
function stepsOf(history: readonly StoredEvent[]): readonly RecordedEvent[] {
  return history.map(recordedEvent).filter(({ type }) => type !== 'FactConflictDetected');
}

function stepOf({ type, occurredAt, recordedAt, metadata, data, personal, position }: RecordedEvent) {
  return {
    type,
    occurredAt: isoInstant(occurredAt),
    recordedAt: isoInstant(recordedAt),
    actor: metadata.actor,
    data: { ...data },
    ...(personal === undefined ? {} : { personal: { ...personal } }),
    position,
  };
}

function instantOf(event: RecordedEvent | undefined): string | null {
  return event === undefined ? null : isoInstant(event.occurredAt);
}
