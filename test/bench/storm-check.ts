import type pg from 'pg';
import { CHAIN_START, verifyChain } from '../../src/domain/audit.ts';
import { readEvent } from '../../src/store/audit-rows.ts';
import type { Crowd } from './crowd.ts';

/** Audit events that are read at once. */
const PAGE = 5_000;
/** What the audit has to tell of each grant from its end on, in this order. */
const STORY = 'grant.revocation_started,grant.ended';

/**
 * Throws unless everybody's access is gone from the target, every grant has ended as expired and not before its time, the audit tells of
 * exactly one beginning and one end of each, nothing of it is left in the outbox, and the whole chain of the audit holds.
 */
export async function checkStorm(client: pg.Client, crowd: Crowd, endsAt: number): Promise<void> {
  const left = await crowd.holders();
  if (left > 0) throw new Error(`${left} people still hold what is committed as gone`);
  await nothing(client, endsAt, 'grants are not ended as they should be', WRONG_STATE);
  await nothing(client, endsAt, 'grants have another story in the audit', WRONG_STORY, STORY);
  await nothing(client, endsAt, 'ends of access are still in the outbox', STILL_TO_DO);
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM grants WHERE target ->> 'subject' LIKE 'crowd\\_%'`,
  );
  if (rows[0]?.count !== crowd.size) throw new Error(`There are ${rows[0]?.count} grants, not ${crowd.size}`);
  await checkChain(client);
}

async function nothing(
  client: pg.Client,
  endsAt: number,
  what: string,
  text: string,
  ...more: readonly string[]
): Promise<void> {
  const values = text.includes('$1') ? [new Date(endsAt), ...more] : [];
  const { rowCount, rows } = await client.query(text, values);
  if (rowCount) throw new Error(`${rowCount} ${what}, such as ${JSON.stringify(rows[0])}`);
}

const WRONG_STATE = `
  SELECT id, status, ended_because, end_due_at, ended_at, last_error FROM grants
   WHERE target ->> 'subject' LIKE 'crowd\\_%'
     AND (status <> 'ended' OR ended_because IS DISTINCT FROM 'expired' OR end_due_at IS DISTINCT FROM $1::timestamptz
          OR ended_at < $1 OR last_error IS NOT NULL)`;

const WRONG_STORY = `
  SELECT g.id, e.story, e.earliest FROM grants g
    LEFT JOIN LATERAL (
      SELECT string_agg(kind, ',' ORDER BY sequence) AS story, min(at) AS earliest FROM audit_events
       WHERE grant_id = g.id AND request_id = g.request_id
         AND kind IN ('grant.revocation_started', 'grant.ended', 'grant.reappeared')
    ) e ON true
   WHERE g.target ->> 'subject' LIKE 'crowd\\_%' AND (e.story IS DISTINCT FROM $2 OR e.earliest < $1::timestamptz)`;

const STILL_TO_DO = `
  SELECT e.key, e.last_error FROM effects e JOIN grants g ON g.id = e.payload ->> 'grantId'
   WHERE e.kind = 'revoke_grant' AND e.done_at IS NULL AND g.target ->> 'subject' LIKE 'crowd\\_%'`;

async function checkChain(client: pg.Client): Promise<void> {
  let end = { sequence: 0, hash: CHAIN_START };
  for (;;) {
    const { rows } = await client.query('SELECT * FROM audit_events WHERE sequence > $1 ORDER BY sequence LIMIT $2', [
      end.sequence,
      PAGE,
    ]);
    const events = rows.map(readEvent);
    const fault = verifyChain(events, end);
    if (fault) throw new Error(`The audit's chain does not hold: event ${fault.sequence} is ${fault.fault}`);
    const last = events.at(-1);
    if (last) end = { sequence: last.sequence, hash: last.hash };
    if (rows.length < PAGE) break;
  }
  const { rows } = await client.query<{ sequence: number; hash: string }>(
    'SELECT sequence, hash FROM audit_chain_heads',
  );
  const [head] = rows;
  if (rows.length === 1 && head?.sequence === end.sequence && head.hash === end.hash) return;
  throw new Error(`The head of the audit's chain is at ${head?.sequence}, and its last event is ${end.sequence}`);
}
