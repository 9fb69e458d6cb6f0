import { z } from 'zod';
import { channel, factId, longText, shortText, source } from '../common.ts';
import { severity } from '../events/complaint.ts';
import { factCustomer, occurredAt } from './common.ts';
import { satisfactionScore } from './contacts.ts';

/** A customer complains. */
export const complaintBody = z
  .strictObject({
    source,
    complaintId: factId,
    occurredAt,
    customer: factCustomer,
    channel,
    severity,
    content: longText,
    contact: shortText.optional().describe('Whom to answer, and how'),
    orderId: factId.optional().describe('The purchase it is about, by its id in the same source'),
  })
  .meta({ id: 'Complaint', description: '受理: a customer complains' });
export type ComplaintBody = z.infer<typeof complaintBody>;

const when = { occurredAt: occurredAt.optional() };

export const complaintAssignBody = z
  .strictObject({ ...when, department: shortText, assignee: shortText.optional() })
  .meta({ id: 'ComplaintAssignment', description: 'A department takes the complaint on' });
export type ComplaintAssignBody = z.infer<typeof complaintAssignBody>;

export const complaintAnalyseBody = z
  .strictObject({ ...when, cause: shortText, responsibleDepartment: shortText })
  .meta({ id: 'ComplaintAnalysis', description: '分析: the cause and who is responsible' });
export type ComplaintAnalyseBody = z.infer<typeof complaintAnalyseBody>;

export const complaintResolveBody = z
  .strictObject({ ...when, solution: longText })
  .meta({ id: 'ComplaintResolution', description: 'A solution, told to the customer' });
export type ComplaintResolveBody = z.infer<typeof complaintResolveBody>;

export const complaintFollowUpBody = z
  .strictObject({ ...when, solved: z.boolean(), satisfaction: satisfactionScore.optional() })
  .meta({ id: 'ComplaintFollowUp', description: '回访: whether it is solved, and how satisfied the customer is' });
export type ComplaintFollowUpBody = z.infer<typeof complaintFollowUpBody>;

export const complaintReopenBody = z
  .strictObject({ ...when, reason: longText.optional() })
  .meta({ id: 'ComplaintReopening', description: 'The complaint was not solved after all' });
export type ComplaintReopenBody = z.infer<typeof complaintReopenBody>;
