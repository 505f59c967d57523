import { type AuditEvent, CHAIN_START, chain, type NewAuditEvent } from '../domain/audit.ts';
import { type EffectChange, effectKey, NO_URGENCY } from '../domain/effect.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { eventRow } from './audit-rows.ts';
import type { Db } from './database.ts';
import { Prisma } from './generated/client.ts';
import { jsonText, storable } from './rows.ts';

interface ChainEnd {
  readonly sequence: number;
  readonly hash: string;
}

/**
 * The last statements of a transaction: its effects into the outbox and its events to the end of the workspace's chain. The row
 * of the chain's end is locked from here to the commit, which is why this comes last: every transaction of the workspace that
 * says something passes here one after the other. Returns the very last statement, which travels with the COMMIT.
 */
export async function finish(
  db: Db,
  workspace: WorkspaceId,
  events: readonly NewAuditEvent[],
  effects: ReadonlyMap<string, EffectChange>,
): Promise<(() => Promise<unknown>) | null> {
  const changes = effectChanges(workspace, effects);
  if (events.length === 0) return effects.size === 0 ? null : () => db.execute`WITH ${changes} SELECT`;
  const found: readonly ChainEnd[] = await db.query`
    WITH ${changes} SELECT sequence, hash FROM audit_chain_heads WHERE workspace_id = ${workspace} FOR UPDATE`;
  const chained = chain(workspace, found[0] ?? (await firstEnd(db, workspace)), events.map(storable));
  return () => append(db, workspace, chained);
}

/** A key that is changed several times in one transaction keeps the last change only. */
export function lastOfEachKey(into: Map<string, EffectChange>, changes: readonly EffectChange[]): void {
  for (const change of changes) into.set(effectKey(change.effect), change);
}

function effectChanges(workspace: WorkspaceId, effects: ReadonlyMap<string, EffectChange>): Prisma.Sql {
  const scheduled = [];
  const cancelled = [];
  // One order for everybody, so that two transactions which schedule the same keys do not wait for each other.
  for (const key of [...effects.keys()].sort()) {
    const change = effects.get(key);
    if (change?.change === 'schedule')
      scheduled.push({
        key,
        kind: change.effect.kind,
        payload: change.effect,
        due_at: change.dueAt,
        urgency: change.urgency ?? NO_URGENCY,
        target: change.target ?? null,
      });
    if (change?.change === 'cancel') cancelled.push(key);
  }
  return Prisma.sql`scheduled AS (
      INSERT INTO effects (key, workspace_id, kind, payload, due_at, urgency, target, generation, attempts)
      SELECT key, ${workspace}, kind, payload, due_at, urgency, target, 1, 0
      FROM jsonb_to_recordset(${jsonText(scheduled)}::jsonb)
        AS i(key text, kind text, payload jsonb, due_at timestamptz, urgency int, target text)
      ON CONFLICT (key) DO UPDATE SET
        payload = excluded.payload, due_at = excluded.due_at, urgency = excluded.urgency, target = excluded.target, generation = effects.generation + 1, attempts = 0,
        last_error = NULL, handed_on_at = NULL, handed_offset_ms = NULL, done_at = NULL
    ),
    cancelled AS (
      UPDATE effects SET done_at = clock_timestamp()
      WHERE done_at IS NULL AND key = ANY (ARRAY(SELECT jsonb_array_elements_text(${jsonText(cancelled)}::jsonb)))
    )`;
}

/** The very first event of a workspace finds no end to lock, so it makes one. */
async function firstEnd(db: Db, workspace: WorkspaceId): Promise<ChainEnd> {
  await db.execute`
    INSERT INTO audit_chain_heads (workspace_id, sequence, hash) VALUES (${workspace}, 0, ${CHAIN_START}) ON CONFLICT DO NOTHING`;
  const found: readonly ChainEnd[] = await db.query`
    SELECT sequence, hash FROM audit_chain_heads WHERE workspace_id = ${workspace} FOR UPDATE`;
  const end = found[0];
  if (!end) throw new Error(`The end of the audit chain of ${workspace} cannot be made`);
  return end;
}

async function append(db: Db, workspace: WorkspaceId, events: readonly AuditEvent[]): Promise<void> {
  const end = events.at(-1);
  if (!end) return;
  await db.execute`
    WITH moved AS (
      UPDATE audit_chain_heads SET sequence = ${end.sequence}, hash = ${end.hash} WHERE workspace_id = ${workspace}
    )
    INSERT INTO audit_events SELECT * FROM jsonb_populate_recordset(NULL::audit_events, ${jsonText(events.map(eventRow))}::jsonb)`;
}
