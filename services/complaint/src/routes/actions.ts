import {
  actionBody,
  complaintAnalyseBody,
  complaintAssignBody,
  complaintFollowUpBody,
  complaintReopenBody,
  complaintResolveBody,
} from '@tenure/contracts';
import { type ComplaintCommand, complaintDecider } from '@tenure/domain';
import { actionRoute, type Route, type ServiceContext } from '@tenure/runtime';

const common = {
  service: 'complaint',
  tags: ['complaints'],
  scopes: ['complaints:write'],
  category: 'complaint',
  decider: complaintDecider,
} as const;

/** What is done about a complaint, from telling the customer that it is looked at to closing it, and reopening it. */
export function actionRoutes(context: ServiceContext): readonly Route[] {
  return [
    actionRoute(context, {
      ...common,
      path: '/v1/complaints/{id}/acknowledge',
      operationId: 'acknowledgeComplaint',
      summary: 'The customer was told that the complaint is being looked at',
      body: actionBody,
      command: (_, occurredAt): ComplaintCommand => ({ type: 'AcknowledgeComplaint', occurredAt }),
    }),
    actionRoute(context, {
      ...common,
      path: '/v1/complaints/{id}/assign',
      operationId: 'assignComplaint',
      summary: 'A department takes the complaint on',
      body: complaintAssignBody,
      command: ({ department, assignee }, occurredAt): ComplaintCommand => ({
        type: 'AssignComplaint',
        department,
        assignee,
        occurredAt,
      }),
    }),
    actionRoute(context, {
      ...common,
      path: '/v1/complaints/{id}/analyse',
      operationId: 'analyseComplaint',
      summary: 'The cause and who is responsible were found',
      body: complaintAnalyseBody,
      command: ({ cause, responsibleDepartment }, occurredAt): ComplaintCommand => ({
        type: 'AnalyseComplaint',
        cause,
        responsibleDepartment,
        occurredAt,
      }),
    }),
    actionRoute(context, {
      ...common,
      path: '/v1/complaints/{id}/resolve',
      operationId: 'resolveComplaint',
      summary: 'A solution was found and told to the customer',
      body: complaintResolveBody,
      command: ({ solution }, occurredAt): ComplaintCommand => ({ type: 'ResolveComplaint', solution, occurredAt }),
    }),
    actionRoute(context, {
      ...common,
      path: '/v1/complaints/{id}/follow-up',
      operationId: 'followUpComplaint',
      summary: 'The customer said whether it is solved, and how satisfied they are',
      body: complaintFollowUpBody,
      command: ({ solved, satisfaction }, occurredAt): ComplaintCommand => ({
        type: 'FollowUpComplaint',
        solved,
        satisfaction,
        occurredAt,
      }),
    }),
    actionRoute(context, {
      ...common,
      path: '/v1/complaints/{id}/close',
      operationId: 'closeComplaint',
      summary: 'The complaint is done with',
      body: actionBody,
      command: (_, occurredAt): ComplaintCommand => ({ type: 'CloseComplaint', occurredAt }),
    }),
    actionRoute(context, {
      ...common,
      path: '/v1/complaints/{id}/reopen',
      operationId: 'reopenComplaint',
      summary: 'The complaint was not solved after all',
      body: complaintReopenBody,
      command: ({ reason }, occurredAt): ComplaintCommand => ({ type: 'ReopenComplaint', reason, occurredAt }),
    }),
  ];
}
