import { z } from 'zod';
import type { Delegation } from '../domain/delegation.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import type { Db } from './database.ts';
import { jsonText, personSchema, readRow, storedDate, storedWorkspaceId } from './rows.ts';

const delegationSchema = z
  .object({
    workspace_id: storedWorkspaceId,
    person: personSchema,
    to: personSchema.nullable(),
    since: storedDate,
    until: storedDate,
    ended_at: storedDate.nullable(),
  })
  .transform(
    ({ workspace_id: workspaceId, ended_at: endedAt, ...row }): Delegation => ({ workspaceId, ...row, endedAt }),
  );

/** Everybody who said that they are away, also those whose time is over. */
export const readDelegations = async (db: Db, workspace: WorkspaceId): Promise<readonly Delegation[]> => {
  const rows: readonly unknown[] = await db.query`
    SELECT * FROM delegations WHERE workspace_id = ${workspace} ORDER BY since, person_id`;
  return rows.map((row) => readRow('delegations', 'person_id', delegationSchema, row));
};

/** In place of what the person said before. */
export async function saveDelegation(db: Db, delegation: Delegation): Promise<void> {
  const { workspaceId, person, to, since, until, endedAt } = delegation;
  await db.execute`
    INSERT INTO delegations (workspace_id, person_id, person, "to", since, until, ended_at)
    VALUES (${workspaceId}, ${person.slackUserId}, ${jsonText(person)}::jsonb, ${to === null ? null : jsonText(to)}::jsonb,
            ${since.toISOString()}::timestamptz, ${until.toISOString()}::timestamptz, ${endedAt?.toISOString() ?? null}::timestamptz)
    ON CONFLICT (workspace_id, person_id) DO UPDATE SET
      person = excluded.person, "to" = excluded."to", since = excluded.since, until = excluded.until, ended_at = excluded.ended_at`;
}
