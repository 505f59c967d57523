import { z } from 'zod';
import { entitlementKeyOf, type Grant, type GrantDrift, type GrantTarget } from '../domain/grant.ts';
import { roleKey } from '../domain/ids.ts';
import { RISKS } from '../domain/policy/labels.ts';
import {
  endedBecause,
  personSchema,
  readRow,
  storedDate,
  storedGrantId,
  storedRequestId,
  storedWorkspaceId,
  textAs,
} from './rows.ts';

const targetSchema: z.ZodType<GrantTarget> = z.looseObject({
  connector: z.string(),
  connectorType: z.string(),
  connection: z.unknown(),
  entitlement: z.unknown(),
  subject: z.string(),
  endSessions: z.boolean(),
  resolved: z
    .looseObject({ targetIdentity: z.string(), entitlementId: z.string(), subjectId: z.string(), key: z.string() })
    .nullable(),
});

const driftSchema: z.ZodType<GrantDrift> = z.looseObject({
  kind: z.enum(['removed_by_hand', 'level_changed']),
  seenAt: storedDate,
  found: z.json(),
});

const grantSchema = z
  .object({
    id: storedGrantId,
    workspace_id: storedWorkspaceId,
    version: z.int(),
    request_id: storedRequestId,
    holder: personSchema,
    role_key: textAs(roleKey),
    target: targetSchema,
    status: z.enum(['scheduled', 'provisioning', 'active', 'revoking', 'ended']),
    duration_seconds: z.number(),
    created_at: storedDate,
    must_end_by: storedDate,
    provision_by: storedDate,
    activated_at: storedDate.nullable(),
    ends_at: storedDate.nullable(),
    ended_because: endedBecause.nullable(),
    end_reason: z.string().nullable(),
    end_requested_by: personSchema.nullable(),
    end_due_at: storedDate.nullable(),
    ended_at: storedDate.nullable(),
    attempts: z.int(),
    last_error: z.string().nullable(),
    last_error_kind: z.enum(['transient', 'permanent', 'unknown_outcome']).nullable(),
    risk: z.enum(RISKS),
    level: z.json(),
    left_behind: z.json(),
    drift: driftSchema.nullable(),
    extensions: z.int(),
  })
  .transform(
    (row): Grant => ({
      id: row.id,
      workspaceId: row.workspace_id,
      version: row.version,
      requestId: row.request_id,
      holder: row.holder,
      roleKey: row.role_key,
      target: row.target,
      status: row.status,
      durationSeconds: row.duration_seconds,
      createdAt: row.created_at,
      mustEndBy: row.must_end_by,
      provisionBy: row.provision_by,
      activatedAt: row.activated_at,
      endsAt: row.ends_at,
      endedBecause: row.ended_because,
      endReason: row.end_reason,
      endRequestedBy: row.end_requested_by,
      endDueAt: row.end_due_at,
      endedAt: row.ended_at,
      attempts: row.attempts,
      lastError: row.last_error,
      lastErrorKind: row.last_error_kind,
      risk: row.risk,
      level: row.level,
      leftBehind: row.left_behind,
      drift: row.drift,
      extensions: row.extensions,
    }),
  );

export const readGrant = (row: unknown): Grant => readRow('grants', 'id', grantSchema, row);

/** The columns of `grants` as the next version of the row. */
export function grantRow(grant: Grant) {
  return {
    id: grant.id,
    workspace_id: grant.workspaceId,
    version: grant.version + 1,
    request_id: grant.requestId,
    holder_id: grant.holder.slackUserId,
    holder: grant.holder,
    role_key: grant.roleKey,
    target: grant.target,
    access_key: grant.target.resolved?.key ?? null,
    status: grant.status,
    duration_seconds: grant.durationSeconds,
    created_at: grant.createdAt,
    must_end_by: grant.mustEndBy,
    provision_by: grant.provisionBy,
    activated_at: grant.activatedAt,
    ends_at: grant.endsAt,
    ended_because: grant.endedBecause,
    end_reason: grant.endReason,
    end_requested_by: grant.endRequestedBy,
    end_due_at: grant.endDueAt,
    ended_at: grant.endedAt,
    attempts: grant.attempts,
    last_error: grant.lastError,
    last_error_kind: grant.lastErrorKind,
    risk: grant.risk,
    level: grant.level,
    left_behind: grant.leftBehind,
    drift: grant.drift,
    entitlement_key: grant.target.resolved ? entitlementKeyOf(grant.target.resolved) : null,
    extensions: grant.extensions,
  };
}
