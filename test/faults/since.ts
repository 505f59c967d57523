import type { FaultWorld } from './world.ts';

/**
 * The last event of the audit before a round. What comes behind it is of the round, whatever the clock says: one that goes back gives
 * what is asked for early in a round a time before the round.
 */
export async function beginOf({ store }: Pick<FaultWorld, 'store'>): Promise<number> {
  const { rows } = await store.query<{ last: number }>('SELECT coalesce(max(sequence), 0) AS last FROM audit_events');
  return rows[0]?.last ?? 0;
}

/** SQL for whether a row of `requests`, or of `grants`, is of the time since $1, which is what `beginOf` gave. */
export const REQUEST_SINCE = `EXISTS (SELECT FROM audit_events e
  WHERE e.request_id = requests.id AND e.kind = 'request.submitted' AND e.sequence > $1)`;
export const GRANT_SINCE = `EXISTS (SELECT FROM audit_events e
  WHERE e.request_id = grants.request_id AND e.grant_id = grants.id AND e.kind = 'grant.created' AND e.sequence > $1)`;
