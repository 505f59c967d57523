import { z } from 'zod';
import type { Delegation } from '../domain/delegation.ts';
import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Db } from './database.ts';
import { jsonText, personSchema, readRow, storedDate, storedWorkspaceId } from './rows.ts';

const delegationSchema = z
  .object({
    workspace_id: storedWorkspaceId,
    person: personSchema,
    to: personSchema.nullable(),
    since: storedDate,
    until: storedDate,
  })
  .transform(({ workspace_id: workspaceId, ...row }): Delegation => ({ workspaceId, ...row }));

/** Everybody who said that they are away, also those whose time is over. */
export const readDelegations = async (db: Db, workspace: WorkspaceId): Promise<readonly Delegation[]> => {
  const rows: readonly unknown[] = await db.query`
    SELECT * FROM delegations WHERE workspace_id = ${workspace} ORDER BY since, person_id`;
  return rows.map((row) => readRow('delegations', 'person_id', delegationSchema, row));
};

/** In place of what the person said before. */
export async function saveDelegation(db: Db, { workspaceId, person, to, since, until }: Delegation): Promise<void> {
  await db.execute`
    INSERT INTO delegations (workspace_id, person_id, person, "to", since, until)
    VALUES (${workspaceId}, ${person.slackUserId}, ${jsonText(person)}::jsonb, ${to === null ? null : jsonText(to)}::jsonb,
            ${since.toISOString()}::timestamptz, ${until.toISOString()}::timestamptz)
    ON CONFLICT (workspace_id, person_id) DO UPDATE SET
      person = excluded.person, "to" = excluded."to", since = excluded.since, until = excluded.until`;
}

export async function dropDelegation(db: Db, workspace: WorkspaceId, person: SlackUserId): Promise<void> {
  await db.execute`DELETE FROM delegations WHERE workspace_id = ${workspace} AND person_id = ${person}`;
}
