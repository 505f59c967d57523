import { z } from 'zod';
import type { Decision } from '../domain/approval.ts';
import { roleKey } from '../domain/ids.ts';
import type { AccessRequest, Edit, RoleSnapshot } from '../domain/request.ts';
import type { Waiting } from '../domain/request-state.ts';
import type { BreakGlassUse } from '../domain/review.ts';
import { factsSchema, policyDecisionSchema, stageSchema } from './policy-rows.ts';
import {
  personSchema,
  readRow,
  storedDate,
  storedGrantId,
  storedRequestId,
  storedUserId,
  storedWorkspaceId,
  textAs,
} from './rows.ts';

const roleSchema: z.ZodType<RoleSnapshot> = z.looseObject({
  key: textAs(roleKey),
  title: z.string(),
  resource: z.string(),
  environment: z.string(),
  risk: z.enum(['low', 'medium', 'high']),
  instructions: z.string().nullable(),
  channel: z.string(),
  auditChannel: z.string().nullable(),
  unreached: z.array(
    z.looseObject({
      channel: z.string(),
      what: z.enum(['card', 'timeline']),
      problem: z.string(),
      instead: z.string().nullable(),
    }),
  ),
  owners: z.array(z.string()),
  connector: z.string(),
  connectorType: z.string(),
  entitlement: z.unknown(),
  subject: z.string(),
  endSessions: z.boolean(),
  provisioningWindowSeconds: z.number(),
  startWithinSeconds: z.number().nullable(),
  unusedAfterSeconds: z.number().nullable(),
  remindersMax: z.int(),
});

const decisionSchema = z
  .object({
    kind: z.enum(['approved', 'denied']),
    by: personSchema,
    on_behalf_of: personSchema.nullable(),
    at: storedDate,
    revision: z.int(),
    stage: z.int().nullable(),
    via: z.string(),
    reason: z.string().nullable(),
  })
  .transform(({ on_behalf_of: onBehalfOf, ...row }): Decision => ({ ...row, onBehalfOf }));

const askedForSchema = z.looseObject({ role: textAs(roleKey), title: z.string(), durationSeconds: z.number() });
const editSchema: z.ZodType<Edit> = z.looseObject({
  by: personSchema,
  onBehalfOf: personSchema.nullable(),
  at: storedDate,
  before: askedForSchema,
  after: askedForSchema,
});

const waitingSchema: z.ZodType<Waiting> = z.looseObject({
  stage: z.int(),
  since: storedDate,
  until: storedDate,
  remindAt: storedDate.nullable(),
  escalateAt: storedDate.nullable(),
  escalatedAt: storedDate.nullable(),
});

const breakGlassSchema: z.ZodType<BreakGlassUse> = z.looseObject({
  reviewWithinSeconds: z.number(),
  reviewers: z.array(z.string()),
  told: z.array(storedUserId),
  review: z
    .looseObject({
      status: z.enum(['due', 'justified', 'unjustified']),
      dueAt: storedDate,
      reminders: z.int(),
      by: personSchema.nullable(),
      at: storedDate.nullable(),
      comment: z.string().nullable(),
    })
    .nullable(),
});

const requestSchema = z
  .object({
    id: storedRequestId,
    workspace_id: storedWorkspaceId,
    version: z.int(),
    revision: z.int(),
    origin: z.string(),
    requester: personSchema,
    role: roleSchema,
    duration_seconds: z.number(),
    starts_at: storedDate.nullable(),
    ends_by: storedDate.nullable(),
    reason: z.string(),
    ticket: z.string().nullable(),
    about: z.string().nullable(),
    policy_version: z.string(),
    policy_decision: policyDecisionSchema,
    facts: factsSchema,
    stages: z.array(stageSchema),
    decisions: z.array(decisionSchema),
    approvals_from: z.int(),
    counted: z.array(z.int()).nullable(),
    edits: z.array(editSchema),
    status: z.enum(['refused', 'pending', 'approved', 'denied', 'cancelled', 'expired']),
    created_at: storedDate,
    expires_at: storedDate,
    closed_at: storedDate.nullable(),
    closed_by: personSchema.nullable(),
    closed_reason: z.string().nullable(),
    break_glass: breakGlassSchema.nullable(),
    waiting: waitingSchema.nullable(),
    reminders: z.int(),
    reminded_at: storedDate.nullable(),
    extension: z.looseObject({ grantId: storedGrantId, endsAt: storedDate }).nullable(),
  })
  .transform(
    (row): AccessRequest => ({
      id: row.id,
      workspaceId: row.workspace_id,
      version: row.version,
      revision: row.revision,
      origin: row.origin,
      requester: row.requester,
      role: row.role,
      durationSeconds: row.duration_seconds,
      startsAt: row.starts_at,
      endsBy: row.ends_by,
      reason: row.reason,
      ticket: row.ticket,
      about: row.about,
      policyVersion: row.policy_version,
      policyDecision: row.policy_decision,
      facts: row.facts,
      stages: row.stages,
      decisions: row.decisions,
      approvalsFrom: row.approvals_from,
      counted: row.counted,
      edits: row.edits,
      status: row.status,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      closedAt: row.closed_at,
      closedBy: row.closed_by,
      closedReason: row.closed_reason,
      extension: row.extension,
      breakGlass: row.break_glass,
      waiting: row.waiting,
      reminders: row.reminders,
      remindedAt: row.reminded_at,
    }),
  );

export const readRequest = (row: unknown): AccessRequest => readRow('requests', 'id', requestSchema, row);

/** The columns of `requests` as the next version of the row. */
export function requestRow(request: AccessRequest) {
  return {
    id: request.id,
    workspace_id: request.workspaceId,
    version: request.version + 1,
    revision: request.revision,
    origin: request.origin,
    requester_id: request.requester.slackUserId,
    requester: request.requester,
    role_key: request.role.key,
    role: request.role,
    duration_seconds: request.durationSeconds,
    starts_at: request.startsAt,
    ends_by: request.endsBy,
    reason: request.reason,
    ticket: request.ticket,
    about: request.about,
    policy_version: request.policyVersion,
    policy_decision: request.policyDecision,
    facts: request.facts,
    stages: request.stages,
    approvals_from: request.approvalsFrom,
    counted: request.counted,
    edits: request.edits,
    status: request.status,
    created_at: request.createdAt,
    expires_at: request.expiresAt,
    closed_at: request.closedAt,
    closed_by: request.closedBy,
    closed_reason: request.closedReason,
    extension: request.extension,
    break_glass: request.breakGlass,
    waiting: request.waiting,
    reminders: request.reminders,
    reminded_at: request.remindedAt,
  };
}

/** The columns of `decisions`, one row each, in the order of deciding. */
export const decisionRows = (request: AccessRequest) =>
  request.decisions.map((decision, position) => ({
    request_id: request.id,
    position,
    workspace_id: request.workspaceId,
    kind: decision.kind,
    decider_id: decision.by.slackUserId,
    by: decision.by,
    on_behalf_of: decision.onBehalfOf,
    at: decision.at,
    revision: decision.revision,
    stage: decision.stage,
    via: decision.via,
    reason: decision.reason,
  }));
