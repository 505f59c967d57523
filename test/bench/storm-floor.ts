import pg from 'pg';
import { groupBy } from '../../src/domain/group-by.ts';
import type { Target } from '../../src/sandbox/target.ts';
import { withClient } from '../../src/store/with-client.ts';
import { TARGET_ROLE } from './crowd.ts';
import { openClient } from './open-client.ts';

/** As many ends as the bot takes in one batch. */
const IN_BATCH = 100;

type Row = Record<string, unknown>;

/** What the bot wrote in one batch, or would have: it may have put some together otherwise. */
interface Batch {
  readonly logins: readonly string[];
  readonly accessKeys: readonly string[];
  /** The grants as they ended. */
  readonly grants: readonly Row[];
  readonly started: readonly Row[];
  readonly ended: readonly Row[];
  /** The outbox at the start and at the end. */
  readonly scheduled: readonly Row[];
  readonly followed: readonly Row[];
}

/** The rows of a storm that is over, in the order of its ends. */
export function readStorm(databaseUrl: string): Promise<readonly Batch[]> {
  return withClient(databaseUrl, async (client) => {
    const rows = async (text: string): Promise<Row[]> =>
      (await client.query<{ row: Row }>(`SELECT to_jsonb(t) AS row FROM (${text}) t`)).rows.map(({ row }) => row);
    const grants = await rows(`SELECT * FROM grants WHERE target ->> 'subject' LIKE 'crowd\\_%' ORDER BY ended_at, id`);
    const byGrant = groupBy(
      await rows(
        `SELECT * FROM audit_events WHERE kind IN ('grant.revocation_started', 'grant.sessions_ended', 'grant.ended') ORDER BY sequence`,
      ),
      (event) => String(event.grant_id),
    );
    const effects = groupBy(
      await rows(`SELECT * FROM effects WHERE kind IN ('revoke_grant', 'render_card', 'notify_person')`),
      ({ payload }) => {
        const { grantId, requestId } = payload as { grantId?: string; requestId?: string };
        return grantId ?? requestId ?? '';
      },
    );
    const batches: Batch[] = [];
    for (let from = 0; from < grants.length; from += IN_BATCH) {
      const mine = grants.slice(from, from + IN_BATCH);
      const events = mine.flatMap((grant) => byGrant.get(String(grant.id)) ?? []);
      const revocations = mine.flatMap((grant) => effects.get(String(grant.id)) ?? []);
      const screen = mine.flatMap((grant) => effects.get(String(grant.request_id)) ?? []);
      const isStart = (event: Row): boolean => event.kind === 'grant.revocation_started';
      batches.push({
        logins: mine.map(({ target }) => (target as { subject: string }).subject),
        accessKeys: mine.map((grant) => String(grant.access_key)),
        grants: mine,
        started: events.filter(isStart),
        ended: events.filter((event) => !isStart(event)),
        scheduled: [...revocations, ...screen.filter(({ kind }) => kind === 'render_card')],
        followed: [...revocations, ...screen],
      });
    }
    return batches;
  });
}

/**
 * The least that the promise needs of a storm, and the seconds it takes: for each batch a transaction that says so, the REVOKE with a
 * look behind it, and a transaction that says what came of it. Every statement is prepared, every connection stands, and nothing is
 * decided, locked, retried or read that is not written.
 */
export async function bareStorm(batches: readonly Batch[], databaseUrl: string, target: Target): Promise<number> {
  const own = await openClient(databaseUrl);
  const onTarget = await openClient(target.botUrl);
  try {
    const startedAt = performance.now();
    for (const batch of batches) {
      await write(own, batch.grants, STARTED, batch.started, batch.scheduled, []);
      const members = batch.logins.map(pg.escapeIdentifier).join(', ');
      await onTarget.query(`REVOKE ${TARGET_ROLE} FROM ${members} GRANTED BY CURRENT_USER RESTRICT`);
      const { rows } = await onTarget.query({ name: 'look', text: LOOK, values: [batch.logins, TARGET_ROLE] });
      if (rows.length > 0) throw new Error('The access is still there');
      await write(own, batch.grants, ENDED, batch.ended, batch.followed, batch.accessKeys);
    }
    return (performance.now() - startedAt) / 1_000;
  } finally {
    await Promise.all([own.end(), onTarget.end()]);
  }
}

async function write(
  own: pg.Client,
  grants: readonly Row[],
  update: string,
  events: readonly Row[],
  effects: readonly Row[],
  notes: readonly string[],
): Promise<void> {
  const sql = (name: string, text: string, values: unknown[]) => own.query({ name, text, values });
  await own.query('BEGIN');
  await sql(update === STARTED ? 'start' : 'end', update, [JSON.stringify(grants)]);
  if (notes.length > 0) await sql('notes', 'DELETE FROM access_notes WHERE access_key = ANY ($1)', [notes]);
  await sql('effects', EFFECTS, [JSON.stringify(effects)]);
  const { rows } = await sql('head', 'SELECT workspace_id, sequence FROM audit_chain_heads FOR UPDATE', []);
  const { workspace_id, sequence } = rows[0];
  const placed = events.map((event, index) => ({ ...event, sequence: Number(sequence) + index + 1 }));
  await sql('events', EVENTS, [JSON.stringify(placed)]);
  await sql('move', 'UPDATE audit_chain_heads SET sequence = $2, hash = $3 WHERE workspace_id = $1', [
    workspace_id,
    Number(sequence) + events.length,
    'f'.repeat(64),
  ]);
  await own.query('COMMIT');
}

const EVENTS = 'INSERT INTO audit_events SELECT * FROM jsonb_populate_recordset(NULL::audit_events, $1)';
const EFFECTS = `INSERT INTO effects SELECT * FROM jsonb_populate_recordset(NULL::effects, $1) ON CONFLICT (key) DO UPDATE SET
  due_at = excluded.due_at, done_at = excluded.done_at, generation = effects.generation + 1`;
const STARTED = `UPDATE grants g SET version = g.version + 1, status = 'revoking', ended_because = i.ended_because, end_due_at = i.end_due_at
  FROM jsonb_populate_recordset(NULL::grants, $1) i WHERE g.id = i.id`;
const ENDED = `UPDATE grants g SET version = g.version + 1, status = 'ended', ended_at = i.ended_at
  FROM jsonb_populate_recordset(NULL::grants, $1) i WHERE g.id = i.id`;
const LOOK = `SELECT FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member JOIN pg_roles r ON r.oid = m.roleid
  WHERE u.rolname = ANY ($1) AND r.rolname = $2`;
