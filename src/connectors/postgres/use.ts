import { Outage } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';

/**
 * Sessions of the subject and of every role that has its rights through it: the same that are ended with the access. Somebody who only
 * stays logged in from before counts as soon as they do something, since SET ROLE works there as well. The times are the target's
 * own, and are hidden from whoever may not read other people's statistics.
 */
const USE = `
  WITH RECURSIVE holders(oid) AS (
    SELECT $1::oid
    UNION
    SELECT m.member FROM pg_auth_members m JOIN holders h ON m.roleid = h.oid WHERE m.inherit_option OR m.set_option
  )
  SELECT coalesce(bool_or(extract(epoch FROM clock_timestamp() - greatest(a.backend_start, a.state_change)) <= $2::float8), false) AS used,
         coalesce(bool_or(a.backend_start IS NULL), false) AS hidden
    FROM pg_stat_activity a JOIN holders h ON h.oid = a.usesysid WHERE a.leader_pid IS NULL`;

export async function inUse(
  name: string,
  connection: Connection,
  memberId: string,
  withinSeconds: number,
): Promise<boolean> {
  const values = [memberId, withinSeconds];
  const [row] = await connection.query<{ used: boolean; hidden: boolean }>('see whether it is used', USE, values);
  if (row && !row.used && row.hidden) {
    const { role } = connection.server;
    throw new Outage(
      'permanent',
      `${role} may not see on ${name} when sessions were used. Run: GRANT pg_read_all_stats TO ${role} WITH INHERIT TRUE`,
    );
  }
  return row?.used ?? false;
}
