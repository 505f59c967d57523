import { z } from 'zod';
import type { WorkspaceId } from '../domain/ids.ts';
import type { Wave } from '../usecases/ports.ts';
import type { Db } from './database.ts';
import { readRow, storedDate } from './rows.ts';

/** A wave is over when none comes for so long. */
const QUIET_SECONDS = 60;

const waveSchema = z
  .object({ topic: z.string(), number: z.int(), started_at: storedDate, latest_at: storedDate, grants: z.int() })
  .transform(
    (row): Wave => ({
      topic: row.topic,
      number: row.number,
      startedAt: row.started_at,
      latestAt: row.latest_at,
      grants: row.grants,
    }),
  );

const readWave = (row: unknown): Wave => readRow('waves', 'topic', waveSchema, row);

export async function waveOf(db: Db, workspace: WorkspaceId, topic: string): Promise<Wave | null> {
  const rows: readonly unknown[] = await db.query`
    SELECT * FROM waves WHERE workspace_id = ${workspace} AND topic = ${topic}`;
  return rows.length === 0 ? null : readWave(rows[0]);
}

/** The row stays locked until the commit, so that each grant of a wave gets a place of its own in it. */
export async function addToWave(
  db: Db,
  workspace: WorkspaceId,
  now: Date,
  topic: string,
  grants: number,
): Promise<Wave> {
  const at = now.toISOString();
  const rows: readonly unknown[] = await db.query`
    INSERT INTO waves AS w (workspace_id, topic, number, started_at, latest_at, grants)
    VALUES (${workspace}, ${topic}, 1, ${at}::timestamptz, ${at}::timestamptz, ${grants})
    ON CONFLICT (workspace_id, topic) DO UPDATE SET
      number = w.number + (w.latest_at < excluded.latest_at - ${QUIET_SECONDS}::int * interval '1 second')::int,
      started_at = CASE WHEN w.latest_at < excluded.latest_at - ${QUIET_SECONDS}::int * interval '1 second'
        THEN excluded.started_at ELSE w.started_at END,
      grants = excluded.grants + CASE WHEN w.latest_at < excluded.latest_at - ${QUIET_SECONDS}::int * interval '1 second'
        THEN 0 ELSE w.grants END,
      latest_at = greatest(w.latest_at, excluded.latest_at)
    RETURNING *`;
  return readWave(rows[0]);
}
