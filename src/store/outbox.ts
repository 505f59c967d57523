import { RISK_URGENCY } from '../domain/grant-state.ts';
import type { Clock, Outbox } from '../usecases/ports.ts';
import type { Db } from './database.ts';
import { type HandedOn, readClaimed, readHandedOn } from './effect-rows.ts';
import { Prisma } from './generated/client.ts';
import type { Skipping } from './request-columns.ts';
import { jsonText, storableText } from './rows.ts';

/** A job that comes this much too early gets its effect handed on again, in place of waiting for the sweep. */
const EARLY_MS = 2_000;
/** Of the text of an error, what is kept. */
const ERROR_MAX_LENGTH = 2_000;

/** The urgencies that ends of access have: those of the risks. */
const END_URGENCIES = Object.values(RISK_URGENCY);

/** What is overdue comes first, the most privileged of it before the rest; then by time. */
const inOrder = (a: HandedOn, b: HandedOn): number =>
  (a.delayMs > 0 || b.delayMs > 0 ? Math.min(a.delayMs, 1) - Math.min(b.delayMs, 1) : a.urgency - b.urgency) ||
  a.dueAt.getTime() - b.dueAt.getTime();

interface Needs {
  readonly db: Db;
  readonly clock: Clock;
  /** Told of work that became free outside of a transaction, as of what a commit scheduled. */
  readonly onFree: (dueAt: Date) => void;
  readonly skipping: Skipping;
}

/**
 * The outbox. Due times compare with the database's clock plus the offset; leases run on the database's real clock. What is marked
 * as handed on carries the offset of that moment: when a test has moved the clock since, the queue's alarm is set wrong, and the
 * effect counts as not handed on.
 */
export function createOutbox({ db, clock, onFree, skipping }: Needs): Outbox {
  const now = () => Prisma.sql`(clock_timestamp() + ${clock.offsetMs()}::float8 * interval '1 millisecond')`;
  /**
   * A source of one row, beside which a statement's commit does not wait for the disk (PostgreSQL documentation, "Asynchronous
   * Commit"). For what is harmless to lose with the server: a lease, a mark, an effect that is then performed once more.
   */
  const unhurried = Prisma.sql`(SELECT set_config('synchronous_commit', 'off', true)) AS unhurried`;
  const isFree = Prisma.sql`(lease_until IS NULL OR lease_until < clock_timestamp())`;

  /** Marks what `which` finds as handed on, leaving alone what another replica is just marking. */
  const handOn = async (which: Prisma.Sql, limit: number) => {
    const rows: readonly unknown[] = await db.query`
      WITH found AS (
        SELECT key FROM effects WHERE done_at IS NULL AND ${which}
        ORDER BY due_at > ${now()}, CASE WHEN due_at <= ${now()} THEN urgency END, due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
      )
      UPDATE effects e SET handed_on_at = clock_timestamp(), handed_offset_ms = ${clock.offsetMs()}::bigint
      FROM found, ${unhurried} WHERE e.key = found.key
      RETURNING e.key, e.generation, e.due_at, e.urgency, e.target, e.kind, (extract(epoch FROM e.due_at - ${now()}) * 1000)::float8 AS delay_ms`;
    return skipping(rows, readHandedOn).sort(inOrder);
  };

  /** Once, for the earliest of them. */
  const tellFree = (rows: readonly { readonly due_at: Date; readonly pending: boolean }[]): void => {
    const [earliest] = rows.filter(({ pending }) => pending).sort((a, b) => a.due_at.getTime() - b.due_at.getTime());
    if (earliest) onFree(earliest.due_at);
  };

  return {
    takeForQueue: (horizonMs, limit) =>
      handOn(
        Prisma.sql`due_at <= ${now()} + ${horizonMs}::float8 * interval '1 millisecond'
          AND (handed_on_at IS NULL OR handed_offset_ms <> ${clock.offsetMs()}::bigint) AND (due_at > ${now()} OR ${isFree})`,
        limit,
      ),

    takeOverdue: (olderThanMs, limit) =>
      handOn(
        Prisma.sql`due_at <= ${now()} - ${olderThanMs}::float8 * interval '1 millisecond'
          AND ((handed_on_at IS NULL AND lease_until IS NOT NULL) OR handed_on_at <= clock_timestamp() - ${olderThanMs}::float8 * interval '1 millisecond'
            OR handed_offset_ms <> ${clock.offsetMs()}::bigint)
          AND ${isFree}`,
        limit,
      ),

    async claim(key, owner, leaseSeconds, aheadMs = 0) {
      const rows: readonly unknown[] = await db.query`
        UPDATE effects SET lease_owner = ${owner}, lease_until = clock_timestamp() + ${leaseSeconds}::float8 * interval '1 second'
        FROM ${unhurried}
        WHERE key = ${key} AND done_at IS NULL AND due_at <= ${now()} + ${aheadMs}::float8 * interval '1 millisecond' AND ${isFree}
        RETURNING key, workspace_id, payload, generation, due_at, target, attempts`;
      if (rows.length > 0) return readClaimed(rows[0]);
      if (aheadMs === 0) await handOnEarlyOneAgain(key);
      return null;
    },

    async claimEnds(target, owner, leaseSeconds, limit) {
      // One look for each urgency, so that the index gives each in its order and nothing that is not due is passed over. What an UPDATE
      // returns has no order, and the batches of a claim follow one another.
      const rows: readonly unknown[] = await db.query`
        WITH found AS (
          SELECT due.key FROM unnest(${END_URGENCIES}::int[]) AS u(urgency), LATERAL (
            SELECT key, urgency, due_at FROM effects
            WHERE target = ${target} AND urgency = u.urgency AND kind = 'revoke_grant' AND done_at IS NULL
              AND due_at <= ${now()} AND ${isFree}
            ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
          ) due ORDER BY due.urgency, due.due_at LIMIT ${limit}
        ), taken AS (
          UPDATE effects e SET lease_owner = ${owner}, lease_until = clock_timestamp() + ${leaseSeconds}::float8 * interval '1 second',
            handed_on_at = coalesce(handed_on_at, clock_timestamp()), handed_offset_ms = ${clock.offsetMs()}::bigint
          FROM found, ${unhurried} WHERE e.key = found.key
          RETURNING e.key, e.workspace_id, e.payload, e.generation, e.due_at, e.target, e.attempts, e.urgency
        )
        SELECT * FROM taken ORDER BY urgency, due_at`;
      return skipping(rows, readClaimed);
    },

    async renew(keys, owner, leaseSeconds) {
      // A lease that ran out but that nobody took is still ours to renew.
      const rows: readonly { key: string }[] = await db.query`
        UPDATE effects SET lease_until = clock_timestamp() + ${leaseSeconds}::float8 * interval '1 second'
        FROM ${unhurried} WHERE key = ANY (${[...keys]}) AND lease_owner = ${owner} RETURNING key`;
      return new Set(rows.map((row) => row.key));
    },

    async complete(claimed, owner) {
      // A generation that rose meanwhile stays pending. Its own alarm may have gone off into our lease, so it is handed on again.
      const done = jsonText(claimed.map(({ key, generation }) => ({ key, generation })));
      const rows: readonly { due_at: Date; pending: boolean }[] = await db.query`
        UPDATE effects e SET
          lease_owner = NULL, lease_until = NULL, last_error = CASE WHEN e.generation = d.generation THEN NULL ELSE last_error END,
          handed_on_at = CASE WHEN e.generation = d.generation THEN handed_on_at END,
          done_at = CASE WHEN e.generation = d.generation THEN coalesce(done_at, clock_timestamp()) ELSE done_at END
        FROM jsonb_to_recordset(${done}::jsonb) AS d(key text, generation int), ${unhurried}
        WHERE e.key = d.key AND lease_owner = ${owner}
        RETURNING due_at, done_at IS NULL AS pending`;
      tellFree(rows);
    },

    async giveBack(keys, owner) {
      await db.execute`
        UPDATE effects SET lease_owner = NULL, lease_until = NULL, handed_on_at = NULL
        WHERE key = ANY (${[...keys]}) AND lease_owner = ${owner}`;
    },

    async retry(claimed, owner, delayMs, error) {
      const rows: readonly { due_at: Date; pending: boolean }[] = await db.query`
        UPDATE effects SET
          lease_owner = NULL, lease_until = NULL, handed_on_at = NULL,
          due_at = CASE WHEN generation = ${claimed.generation}
            THEN ${now()} + ${delayMs}::float8 * interval '1 millisecond' ELSE due_at END,
          attempts = CASE WHEN generation = ${claimed.generation} THEN attempts + 1 ELSE attempts END,
          last_error = CASE WHEN generation = ${claimed.generation} THEN ${storableText(error.slice(0, ERROR_MAX_LENGTH))} ELSE last_error END
        WHERE key = ${claimed.key} AND lease_owner = ${owner}
        RETURNING due_at, done_at IS NULL AS pending`;
      tellFree(rows);
    },

    async overdue(olderThanMs) {
      const rows: readonly { count: number; oldest_ms: number }[] = await db.query`
        SELECT count(*)::int AS count, coalesce(max(extract(epoch FROM ${now()} - due_at)) * 1000, 0)::float8 AS oldest_ms
        FROM effects WHERE done_at IS NULL AND due_at <= ${now()} - ${olderThanMs}::float8 * interval '1 millisecond'`;
      return { count: rows[0]?.count ?? 0, oldestMs: rows[0]?.oldest_ms ?? 0 };
    },
  };

  /** The queue's clock runs a little before the database's: its job is used up, so the effect needs another one. */
  async function handOnEarlyOneAgain(key: string): Promise<void> {
    const rows: readonly { due_at: Date }[] = await db.query`
      UPDATE effects SET handed_on_at = NULL
      WHERE key = ${key} AND done_at IS NULL AND handed_on_at IS NOT NULL AND due_at > ${now()}
        AND due_at <= ${now()} + ${EARLY_MS}::float8 * interval '1 millisecond' AND ${isFree}
      RETURNING due_at`;
    for (const row of rows) onFree(row.due_at);
  }
}
