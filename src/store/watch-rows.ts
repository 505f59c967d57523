import { z } from 'zod';
import type { Drift } from '../domain/drift.ts';
import type { DriftKind } from '../domain/status.ts';
import type { KnownSystem, NewSystem, OpenTarget, Pause, Posting } from '../usecases/watch-ports.ts';
import { personSchema, readRow, storedDate, storedGrantId, storedUserId, storedWorkspaceId } from './rows.ts';

const dateOrNull = storedDate.nullable();

const systemSchema = z
  .object({
    workspace_id: storedWorkspaceId,
    id: z.string(),
    connector: z.string(),
    connector_type: z.string(),
    connection: z.json(),
    entitlement: z.json(),
    entitlement_key: z.string().nullable(),
    first_run_at: dateOrNull,
    last_run_at: dateOrNull,
    last_error: z.string().nullable(),
    failing_since: dateOrNull,
    told_at: dateOrNull,
    holders: z.int().nullable(),
  })
  .transform(
    (row): KnownSystem => ({
      workspaceId: row.workspace_id,
      id: row.id,
      connector: row.connector,
      connectorType: row.connector_type,
      connection: row.connection,
      entitlement: row.entitlement,
      entitlementKey: row.entitlement_key,
      firstRunAt: row.first_run_at,
      lastRunAt: row.last_run_at,
      lastError: row.last_error,
      failingSince: row.failing_since,
      toldAt: row.told_at,
      holders: row.holders,
    }),
  );

export const readSystem = (row: unknown): KnownSystem => readRow('known_systems', 'id', systemSchema, row);

export const systemRow = (system: NewSystem & Partial<KnownSystem>) => ({
  workspace_id: system.workspaceId,
  id: system.id,
  connector: system.connector,
  connector_type: system.connectorType,
  connection: system.connection,
  entitlement: system.entitlement,
  entitlement_key: system.entitlementKey,
  first_run_at: system.firstRunAt ?? null,
  last_run_at: system.lastRunAt ?? null,
  last_error: system.lastError ?? null,
  failing_since: system.failingSince ?? null,
  told_at: system.toldAt ?? null,
  holders: system.holders ?? null,
});

/** As a mapping, so that a kind that is missing here does not compile. */
export const driftKinds: { readonly [kind in DriftKind]: kind } = {
  unknown_holder: 'unknown_holder',
  unrecorded: 'unrecorded',
  ended_grant: 'ended_grant',
  gained_more: 'gained_more',
  removed_by_hand: 'removed_by_hand',
  level_changed: 'level_changed',
};

const driftSchema = z
  .object({
    workspace_id: storedWorkspaceId,
    id: z.string(),
    system: z.string(),
    kind: z.enum(driftKinds),
    grant_id: storedGrantId.nullable(),
    connector: z.string(),
    entitlement: z.json(),
    access_key: z.string(),
    subject_id: z.string(),
    subject: z.string(),
    grantor: z.string(),
    ours: z.boolean(),
    level: z.json(),
    status: z.enum(['open', 'accepted', 'ignored', 'revoking', 'closed']),
    first_seen_at: storedDate,
    last_seen_at: storedDate,
    shown_at: dateOrNull,
    until_at: dateOrNull,
    owner: storedUserId.nullable(),
    decided_by: personSchema.nullable(),
    last_error: z.string().nullable(),
  })
  .transform(
    (row): Drift => ({
      workspaceId: row.workspace_id,
      id: row.id,
      system: row.system,
      kind: row.kind,
      connector: row.connector,
      entitlement: row.entitlement,
      accessKey: row.access_key,
      subjectId: row.subject_id,
      subject: row.subject,
      grantor: row.grantor,
      ours: row.ours,
      level: row.level,
      grantId: row.grant_id,
      status: row.status,
      firstSeenAt: row.first_seen_at,
      lastSeenAt: row.last_seen_at,
      shownAt: row.shown_at,
      untilAt: row.until_at,
      owner: row.owner,
      decidedBy: row.decided_by,
      lastError: row.last_error,
    }),
  );

export const readDrift = (row: unknown): Drift => readRow('drifts', 'id', driftSchema, row);

export const driftRow = (drift: Drift) => ({
  workspace_id: drift.workspaceId,
  id: drift.id,
  system: drift.system,
  kind: drift.kind,
  connector: drift.connector,
  entitlement: drift.entitlement,
  access_key: drift.accessKey,
  subject_id: drift.subjectId,
  subject: drift.subject,
  grantor: drift.grantor,
  ours: drift.ours,
  level: drift.level,
  grant_id: drift.grantId,
  status: drift.status,
  first_seen_at: drift.firstSeenAt,
  last_seen_at: drift.lastSeenAt,
  shown_at: drift.shownAt,
  until_at: drift.untilAt,
  owner: drift.owner,
  decided_by: drift.decidedBy,
  last_error: drift.lastError,
});

const pauseSchema = z
  .object({
    workspace_id: storedWorkspaceId,
    paused_at: storedDate,
    paused_by: z.string(),
    reason: z.string(),
    until_at: dateOrNull,
  })
  .transform(
    (row): Pause => ({
      workspaceId: row.workspace_id,
      pausedAt: row.paused_at,
      pausedBy: row.paused_by,
      reason: row.reason,
      untilAt: row.until_at,
    }),
  );

export const readPause = (row: unknown): Pause => readRow('reconciler_pauses', 'workspace_id', pauseSchema, row);

const postingSchema = z
  .object({
    workspace_id: storedWorkspaceId,
    key: z.string(),
    channel_id: z.string(),
    ts: z.string(),
    shows: z.string(),
    times: z.int(),
    posted_at: storedDate,
  })
  .transform(
    (row): Posting => ({
      workspaceId: row.workspace_id,
      key: row.key,
      ref: { channelId: row.channel_id, ts: row.ts },
      shows: row.shows,
      times: row.times,
      postedAt: row.posted_at,
    }),
  );

export const readPosting = (row: unknown): Posting => readRow('postings', 'key', postingSchema, row);

const openTargetSchema: z.ZodType<OpenTarget> = z.object({
  connector: z.string(),
  connectorType: z.string(),
  connection: z.unknown(),
  grants: z.int(),
});

export const readOpenTarget = (row: unknown): OpenTarget => readRow('grants', 'connector', openTargetSchema, row);
