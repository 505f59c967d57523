import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Target } from '../../src/sandbox/target.ts';
import { openClient } from './open-client.ts';

export interface BareGrants {
  /** Gives the role to this login and resolves with the milliseconds it took. */
  give(login: string): Promise<number>;
  close(): Promise<void>;
}

type Row = Record<string, unknown>;
interface Template {
  readonly request: Row;
  readonly grant: Row;
  readonly note: Row;
  readonly effects: readonly Row[];
  readonly events: readonly Row[];
}

/**
 * The bare minimum for one grant: the rows that the bot wrote for one of its own, with new ids, in the three transactions that the
 * promise needs (the grant with its revocation before anything is called; what was there before the first call that changes
 * it; active only after the read-back), and on the target a look, the GRANT and another look. Every statement is prepared, every
 * connection stands. No decision, no lock beyond that of the audit chain, no retry, nothing read that is not written again.
 */
export async function openBareGrants(botUrl: string, ownUrl: string, target: Target): Promise<BareGrants> {
  const template = await readTemplate(botUrl);
  const own = await openClient(ownUrl);
  const onTarget = await openClient(target.botUrl);
  const run = (client: pg.Client, name: string, text: string, values: unknown[] = []) =>
    client.query({ name, text, values });
  const sql = (name: string, text: string, values: unknown[] = []) => run(own, name, text, values);
  const [workspace] = [template.request.workspace_id];
  await sql('head', `INSERT INTO audit_chain_heads VALUES ($1, 0, '')`, [workspace]);

  async function addEvents(ids: Ids, from: number, to: number): Promise<void> {
    const { rows } = await sql(
      'lock_head',
      'SELECT sequence, hash FROM audit_chain_heads WHERE workspace_id = $1 FOR UPDATE',
      [workspace],
    );
    const start = Number(rows[0]?.sequence);
    const events = template.events.slice(from, to).map((event, index) => ({
      ...event,
      sequence: start + index + 1,
      request_id: ids.request,
      grant_id: event.grant_id && ids.grant,
    }));
    await sql('events', 'INSERT INTO audit_events SELECT * FROM jsonb_populate_recordset(NULL::audit_events, $1)', [
      JSON.stringify(events),
    ]);
    await sql('move_head', 'UPDATE audit_chain_heads SET sequence = $2, hash = $3 WHERE workspace_id = $1', [
      workspace,
      start + events.length,
      'f'.repeat(64),
    ]);
  }

  async function addEffects(ids: Ids, effects: readonly Row[]): Promise<void> {
    const rows = effects.map((effect) => ({ ...effect, key: `${effect.kind}/${ids.grant}`, done_at: null }));
    await sql(
      'effects',
      `INSERT INTO effects SELECT * FROM jsonb_populate_recordset(NULL::effects, $1) ON CONFLICT (key) DO UPDATE SET
         due_at = excluded.due_at, generation = effects.generation + 1`,
      [JSON.stringify(rows)],
    );
  }

  async function give(login: string): Promise<number> {
    const ids: Ids = { request: `req_${randomUUID()}`, grant: `grt_${randomUUID()}` };
    const request = { ...template.request, id: ids.request, origin: ids.request };
    const grant = { ...template.grant, id: ids.grant, request_id: ids.request, access_key: ids.grant };
    const startedAt = performance.now();

    await sql('begin', 'BEGIN');
    await sql('request', 'INSERT INTO requests SELECT * FROM jsonb_populate_record(NULL::requests, $1)', [
      JSON.stringify(request),
    ]);
    await sql('grant', 'INSERT INTO grants SELECT * FROM jsonb_populate_record(NULL::grants, $1)', [
      JSON.stringify({ ...grant, status: 'provisioning' }),
    ]);
    await addEffects(
      ids,
      template.effects.filter((effect) => effect.kind !== 'announce_expiry'),
    );
    await addEvents(ids, 0, 3);
    await sql('commit', 'COMMIT');

    await run(onTarget, 'look', LOOK, [login]);
    await sql('begin', 'BEGIN');
    await sql('note', 'INSERT INTO access_notes SELECT * FROM jsonb_populate_record(NULL::access_notes, $1)', [
      JSON.stringify({ ...template.note, access_key: ids.grant, noted_for: ids.grant }),
    ]);
    await sql('resolve', 'UPDATE grants SET version = version + 1, target = $2 WHERE id = $1', [
      ids.grant,
      JSON.stringify(template.grant.target),
    ]);
    await addEvents(ids, 3, 4);
    await sql('commit', 'COMMIT');

    await onTarget.query(`GRANT orders_read TO ${pg.escapeIdentifier(login)} WITH INHERIT TRUE, SET TRUE`);
    const { rowCount } = await run(onTarget, 'look', LOOK, [login]);
    if (rowCount !== 1) throw new Error('The access is not there');

    await sql('begin', 'BEGIN');
    await sql(
      'activate',
      `UPDATE grants SET version = version + 1, status = 'active', activated_at = now(), ends_at = now() WHERE id = $1`,
      [ids.grant],
    );
    await addEffects(ids, template.effects);
    await addEvents(ids, 4, 5);
    await sql('commit', 'COMMIT');
    return performance.now() - startedAt;
  }

  return {
    give,
    async close() {
      await Promise.all([own.end(), onTarget.end()]);
    },
  };
}

interface Ids {
  readonly request: string;
  readonly grant: string;
}

const LOOK = `
  SELECT m.admin_option, m.inherit_option, m.set_option FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member
   WHERE u.rolname = $1`;

/** What the bot wrote for its first grant. */
async function readTemplate(url: string): Promise<Template> {
  const client = await openClient(url);
  const rows = async (text: string): Promise<Row[]> =>
    (await client.query<{ row: Row }>(`SELECT to_jsonb(t) AS row FROM (${text}) t`)).rows.map(({ row }) => row);
  const first = ([row]: readonly Row[]): Row => {
    if (row === undefined) throw new Error('The bot has granted nothing yet');
    return row;
  };
  try {
    return {
      request: first(await rows('SELECT * FROM requests LIMIT 1')),
      grant: first(await rows('SELECT * FROM grants LIMIT 1')),
      note: first(await rows('SELECT * FROM access_notes LIMIT 1')),
      effects: await rows(`SELECT DISTINCT ON (kind) * FROM effects`),
      events: await rows(`SELECT * FROM audit_events WHERE kind NOT LIKE 'policy.%' ORDER BY sequence`),
    };
  } finally {
    await client.end();
  }
}
