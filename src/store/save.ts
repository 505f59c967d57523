import type { Grant } from '../domain/grant.ts';
import type { AccessRequest } from '../domain/request.ts';
import { Conflict } from '../usecases/ports.ts';
import type { Db } from './database.ts';
import { grantRow } from './grant-rows.ts';
import { decisionRows, requestRow } from './request-rows.ts';
import { jsonText } from './rows.ts';

/**
 * Saves requests with their decisions in one statement, new ones and changed ones. One that is not at the version it was read with,
 * or whose origin or id is there already, throws `Conflict`.
 */
export async function saveRequests(db: Db, requests: readonly AccessRequest[]): Promise<void> {
  if (requests.length === 0) return;
  const rows = jsonText(requests.map(requestRow));
  const decisions = jsonText(requests.flatMap(decisionRows));
  const saved: readonly { id: string }[] = await db.query`
    WITH incoming AS (SELECT * FROM jsonb_populate_recordset(NULL::requests, ${rows}::jsonb)),
    added AS (
      INSERT INTO requests SELECT * FROM incoming WHERE version = 1 ON CONFLICT DO NOTHING RETURNING id
    ),
    changed AS (
      UPDATE requests r SET
        version = i.version, revision = i.revision, role_key = i.role_key, role = i.role, duration_seconds = i.duration_seconds,
        reason = i.reason, ticket = i.ticket, policy_version = i.policy_version, policy_decision = i.policy_decision,
        facts = i.facts, stages = i.stages, approvals_from = i.approvals_from, counted = i.counted, edits = i.edits, status = i.status, expires_at = i.expires_at, closed_at = i.closed_at,
        closed_by = i.closed_by, closed_reason = i.closed_reason, break_glass = i.break_glass,
        waiting = i.waiting, reminders = i.reminders, reminded_at = i.reminded_at
      FROM incoming i
      WHERE r.id = ANY (ARRAY(SELECT id FROM incoming WHERE version > 1)) AND r.id = i.id AND r.workspace_id = i.workspace_id AND r.version = i.version - 1
      RETURNING r.id
    ),
    told AS (
      INSERT INTO decisions SELECT * FROM jsonb_populate_recordset(NULL::decisions, ${decisions}::jsonb) ON CONFLICT DO NOTHING
    )
    SELECT id FROM added UNION ALL SELECT id FROM changed`;
  refuseMissing('The request', requests, saved);
}

/** The same for grants. */
export async function saveGrants(db: Db, grants: readonly Grant[]): Promise<void> {
  if (grants.length === 0) return;
  const rows = jsonText(grants.map(grantRow));
  const saved: readonly { id: string }[] = await db.query`
    WITH incoming AS (SELECT * FROM jsonb_populate_recordset(NULL::grants, ${rows}::jsonb)),
    added AS (
      INSERT INTO grants SELECT * FROM incoming WHERE version = 1 ON CONFLICT DO NOTHING RETURNING id
    ),
    changed AS (
      UPDATE grants g SET
        version = i.version, target = i.target, access_key = i.access_key, status = i.status,
        duration_seconds = i.duration_seconds, must_end_by = i.must_end_by, provision_by = i.provision_by,
        activated_at = i.activated_at, ends_at = i.ends_at, ended_because = i.ended_because, end_reason = i.end_reason,
        end_requested_by = i.end_requested_by, end_due_at = i.end_due_at, ended_at = i.ended_at, attempts = i.attempts,
        last_tried_at = i.last_tried_at, last_error = i.last_error, last_error_kind = i.last_error_kind, risk = i.risk, level = i.level,
        left_behind = i.left_behind, drift = i.drift, entitlement_key = i.entitlement_key,
        extensions = i.extensions, starts_at = i.starts_at, start_by = i.start_by, ends_by = i.ends_by,
        offered_seconds = i.offered_seconds, used_at = i.used_at, unused_warned_at = i.unused_warned_at
      FROM incoming i
      WHERE g.id = ANY (ARRAY(SELECT id FROM incoming WHERE version > 1)) AND g.id = i.id AND g.workspace_id = i.workspace_id AND g.version = i.version - 1
      RETURNING g.id
    )
    SELECT id FROM added UNION ALL SELECT id FROM changed`;
  refuseMissing('The grant', grants, saved);
}

function refuseMissing(
  what: string,
  wanted: readonly { readonly id: string }[],
  saved: readonly { readonly id: string }[],
): void {
  const ids = new Set(saved.map((row) => row.id));
  const missing = wanted.find((each) => !ids.has(each.id));
  if (missing) throw new Conflict(`${what} ${missing.id}`);
}
