import type { VerificationView, ViewDifference } from '@tenure/contracts';

/** What a verification found, as a person reads it. */
export function* describeVerification({ comparison, heal }: VerificationView): Generator<string> {
  const { documents, differences, healed, parked, unsettled, items } = comparison;
  yield `${documents} documents compared, ${differences} differ from the log${heal ? `, ${healed} healed` : ''}.`;
  if (parked > 0) yield `${parked} wait for somebody: tenure parked list.`;
  if (unsettled > 0) yield `${unsettled} changed each time they were looked at: verify again.`;
  for (const item of items) yield* describe(item);
  if (differences > items.length) yield `... and ${differences - items.length} more.`;
}

function* describe({ collection, document, customerId, kind, fields, parted }: ViewDifference): Generator<string> {
  const whose = customerId === null || customerId === document ? '' : ` of customer ${customerId}`;
  const since = parted === null ? '' : `, since ${parted.type} ${parted.eventId} of ${parted.occurredAt}`;
  yield `${collection} ${document}${whose}: ${kind}${since}`;
  if (kind !== 'differs') return;
  for (const { field, served, expected } of fields) {
    yield `  ${field}: ${JSON.stringify(served)} is served, ${JSON.stringify(expected)} the log says`;
  }
}
