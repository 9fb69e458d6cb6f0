import { z } from 'zod';
import { channel, entityId, factId, instant, longText, shortText, source } from '../common.ts';
import { severity } from '../events/complaint.ts';
import { factCustomer, occurredAt, position } from './common.ts';
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

/** 处理状态 */
export const complaintStatus = z.enum([
  'filed',
  'acknowledged',
  'assigned',
  'analysed',
  'resolved',
  'closed',
  'reopened',
]);

/** A complaint as a list shows it. */
export const complaintItem = z
  .strictObject({
    id: entityId,
    source,
    complaintId: factId,
    customerId: entityId.nullable(),
    status: complaintStatus,
    open: z.boolean().describe('Neither resolved nor closed'),
    severity,
    channel,
    orderId: factId.nullable(),
    department: shortText.nullable().describe('Who has taken it on'),
    assignee: shortText.nullable(),
    cause: shortText.nullable(),
    responsibleDepartment: shortText.nullable(),
    solved: z.boolean().nullable().describe('What the customer said of the last solution'),
    satisfaction: satisfactionScore.nullable(),
    filedAt: instant,
    acknowledgedAt: instant.nullable().describe('When the customer was first told'),
    resolvedAt: instant.nullable().describe('Of the last solution; null while it is open'),
    closedAt: instant.nullable(),
    reopenings: z.int().nonnegative(),
    lastAt: instant.describe('Of the last step'),
    position,
  })
  .meta({ id: 'ComplaintItem', description: '投诉: a complaint in a list' });
export type ComplaintItem = z.infer<typeof complaintItem>;

/** A complaint with all that was said. */
export const complaintView = complaintItem
  .extend({
    content: z.string().nullable().describe('null: erased'),
    contact: z.string().nullable(),
    solution: z.string().nullable().describe('The last one'),
    steps: z.array(
      z.strictObject({
        type: z.string().describe('Type of the event'),
        occurredAt: instant,
        recordedAt: instant,
        actor: z.string(),
        data: z.record(z.string(), z.unknown()),
        personal: z.record(z.string(), z.unknown()).optional(),
        position,
      }),
    ),
  })
  .meta({ id: 'ComplaintView', description: '投诉: a complaint with all that was said' });
export type ComplaintView = z.infer<typeof complaintView>;
