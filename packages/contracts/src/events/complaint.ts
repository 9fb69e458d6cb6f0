import { z } from 'zod';
import { channel, factId, longText, shortText, source } from '../common.ts';
import { defineEvent } from '../define-event.ts';

export const severity = z.enum(['low', 'medium', 'high', 'critical']);

export const complaintFiled = defineEvent({
  type: 'ComplaintFiled',
  owner: 'complaint',
  nature: 'fact',
  summary: '受理: a customer complained',
  data: z.strictObject({
    source,
    complaintId: factId,
    channel,
    severity,
    orderId: factId.optional(),
    contentHash: z.string(),
  }),
  personal: z.strictObject({ content: longText, contact: shortText.optional() }),
});

export const complaintAcknowledged = defineEvent({
  type: 'ComplaintAcknowledged',
  owner: 'complaint',
  nature: 'fact',
  summary: 'The customer was told that the complaint is being looked at',
  data: z.strictObject({}),
});

export const complaintAssigned = defineEvent({
  type: 'ComplaintAssigned',
  owner: 'complaint',
  nature: 'fact',
  summary: 'A department took the complaint on',
  data: z.strictObject({ department: shortText, assignee: shortText.optional() }),
});

export const complaintAnalysed = defineEvent({
  type: 'ComplaintAnalysed',
  owner: 'complaint',
  nature: 'fact',
  summary: '分析: the cause and who is responsible were found',
  data: z.strictObject({ cause: shortText, responsibleDepartment: shortText }),
});

export const complaintResolved = defineEvent({
  type: 'ComplaintResolved',
  owner: 'complaint',
  nature: 'fact',
  summary: 'A solution was found and told to the customer',
  data: z.strictObject({}),
  personal: z.strictObject({ solution: longText }),
});

export const complaintFollowedUp = defineEvent({
  type: 'ComplaintFollowedUp',
  owner: 'complaint',
  nature: 'fact',
  summary: '回访: the customer said whether it is solved, and how satisfied they are',
  data: z.strictObject({ solved: z.boolean(), satisfaction: z.int().min(1).max(5).optional() }),
});

export const complaintClosed = defineEvent({
  type: 'ComplaintClosed',
  owner: 'complaint',
  nature: 'fact',
  summary: 'The complaint is done with',
  data: z.strictObject({}),
});

export const complaintReopened = defineEvent({
  type: 'ComplaintReopened',
  owner: 'complaint',
  nature: 'fact',
  summary: 'The complaint was not solved after all',
  data: z.strictObject({}),
  personal: z.strictObject({ reason: longText.optional() }),
});
