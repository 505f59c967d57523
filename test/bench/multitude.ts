import { withClient } from '../../src/store/with-client.ts';
import { addLogins, giveFirst, giveTo, TARGET_ROLE } from './crowd.ts';
import { holdersOnly } from './crowd-rows.ts';
import type { Office } from './office.ts';
import type { Servers } from './servers.ts';

/** Very many live grants, all of them on a target of their own. None of them ends for days. */
export interface Multitude {
  readonly office: Office;
  readonly targetUrl: string;
  readonly databaseUrl: string;
}

/**
 * The rows of the first grant, which is a real one, so many times, each with ids and a login of its own: written by the database itself,
 * since through the store it would take minutes. Only the audit tells nothing of them: neither a start nor a bot at rest reads it.
 */
export async function gatherMany(servers: Servers, size: number): Promise<Multitude> {
  const { office, target, databaseUrl, model } = await giveFirst(servers);
  const { resolved } = model.grant.target;
  if (!resolved) throw new Error('The first grant was never on the target');
  await addLogins(target, size);
  await giveTo(target, size);
  const holders = JSON.stringify(await holdersOnly(target, TARGET_ROLE, 'crowd_'));
  await withClient(databaseUrl, async (client) => {
    await client.query('CREATE TEMPORARY TABLE twins (login text, oid text, n serial)');
    await client.query('INSERT INTO twins SELECT * FROM jsonb_to_recordset($1) AS t(login text, oid text)', [holders]);
    await client.query('UPDATE grants SET ends_at = $1, must_end_by = $1', [new Date(Date.now() + LATER_MS)]);
    for (const text of [REQUESTS, CARDS, EFFECTS]) await client.query(text, [model.request.id]);
    const prefix = `${resolved.targetIdentity}/${resolved.entitlementId}/`;
    for (const text of [GRANTS, NOTES]) await client.query(text, [model.request.id, prefix]);
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
  });
  return { office, targetUrl: target.botUrl, databaseUrl };
}

const LATER_MS = 48 * 3_600_000;

const REQUESTS = `
  INSERT INTO requests SELECT (jsonb_populate_record(r, jsonb_build_object(
    'id', 'req_twin_' || n, 'origin', 'bench/' || n, 'role', jsonb_set(r.role, '{subject}', to_jsonb(login))))).*
  FROM requests r, twins WHERE r.id = $1`;
const CARDS = `
  INSERT INTO cards SELECT (jsonb_populate_record(c, jsonb_build_object('request_id', 'req_twin_' || n))).*
  FROM cards c, twins WHERE c.request_id = $1`;
const EFFECTS = `
  INSERT INTO effects SELECT (jsonb_populate_record(e, jsonb_build_object(
    'key', e.kind || '/grt_twin_' || n, 'payload', jsonb_set(e.payload, '{grantId}', to_jsonb('grt_twin_' || n)),
    'due_at', g.ends_at, 'handed_on_at', NULL))).*
  FROM effects e JOIN grants g ON g.id = e.payload ->> 'grantId', twins WHERE g.request_id = $1 AND e.done_at IS NULL`;
const GRANTS = `
  INSERT INTO grants SELECT (jsonb_populate_record(g, jsonb_build_object(
    'id', 'grt_twin_' || n, 'request_id', 'req_twin_' || n, 'access_key', $2 || oid,
    'target', g.target || jsonb_build_object('subject', login, 'resolved',
      (g.target -> 'resolved') || jsonb_build_object('subjectId', oid, 'key', $2 || oid))))).*
  FROM grants g, twins WHERE g.request_id = $1`;
const NOTES = `
  INSERT INTO access_notes SELECT (jsonb_populate_record(a, jsonb_build_object(
    'access_key', $2 || oid, 'noted_for', 'grt_twin_' || n))).*
  FROM access_notes a JOIN grants g ON g.id = a.noted_for, twins WHERE g.request_id = $1`;
