import type { FaultWorld } from './world.ts';

/**
 * The last event of the audit before a round. What comes behind it is of the round, whatever the clock says: one that goes back gives
 * what is asked for early in a round a time before the round.
 */
export async function beginOf({ store }: Pick<FaultWorld, 'store'>): Promise<number> {
  const { rows } = await store.query<{ last: number }>('SELECT coalesce(max(sequence), 0) AS last FROM audit_events');
  return rows[0]?.last ?? 0;
}

const since = (id: 'request_id' | 'grant_id', first: 'request.submitted' | 'grant.created'): string =>
  `SELECT ${id} FROM audit_events WHERE kind = '${first}' AND sequence > $1`;

/** SQL for the ids of all that was taken behind $1, which is what `beginOf` gave. */
export const REQUESTS_SINCE = since('request_id', 'request.submitted');
export const GRANTS_SINCE = since('grant_id', 'grant.created');
