import type { NewAuditEvent } from '../domain/audit.ts';
import { type EffectChange, effectKey } from '../domain/effect.ts';
import type { Grant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import type { Clock, OutboxEntry, Reads, TransactionOptions, Tx } from '../usecases/ports.ts';
import { readNote } from './card-rows.ts';
import type { Db, Worked } from './database.ts';
import { saveDelegation } from './delegations.ts';
import { readPending } from './effect-rows.ts';
import { finish, lastOfEachKey } from './finish.ts';
import { Prisma } from './generated/client.ts';
import { readGrant } from './grant-rows.ts';
import type { Skipping } from './request-columns.ts';
import { jsonText } from './rows.ts';
import { saveGrants, saveRequests } from './save.ts';
import { createWatchWrites } from './watch-writes.ts';
import { addToWave } from './wave-rows.ts';

export interface Ran<T> {
  readonly result: T;
  /** When the earliest of what was scheduled is due; null: nothing was. */
  readonly earliestDueAt: Date | null;
  readonly dueNow: readonly OutboxEntry[];
}

/** Runs `work` inside an open database transaction, up to but not including the commit. */
export async function runInside<T>(
  db: Db,
  workspace: WorkspaceId,
  clock: Clock,
  reads: Reads,
  skipping: Skipping,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
): Promise<Worked<Ran<T>>> {
  const lockedGrant = async (id: GrantId): Promise<Grant | null> => {
    const rows: readonly unknown[] = await db.query`
      SELECT * FROM grants WHERE workspace_id = ${workspace} AND id = ${id} FOR UPDATE`;
    return rows.length === 0 ? null : readGrant(rows[0]);
  };
  const { lockGrant } = options;
  const [now, first] = await Promise.all([
    begin(db, workspace, clock, options),
    lockGrant === undefined ? null : lockedGrant(lockGrant),
  ]);
  let firstIsFresh = true;
  const saving: Promise<unknown>[] = [];
  const events: NewAuditEvent[] = [];
  const effects = new Map<string, EffectChange>();
  const tx: Tx = {
    ...reads,
    ...createWatchWrites(db, workspace),
    now,
    time: () => readClock(db, clock),
    requestForUpdate: async (id) => {
      // Locked first and read after it: one statement would see the decisions as they were before it waited for the lock.
      await db.execute`SELECT 1 FROM requests WHERE workspace_id = ${workspace} AND id = ${id} FOR UPDATE`;
      return reads.request(id);
    },
    grantForUpdate: (id) => (id === lockGrant && firstIsFresh ? Promise.resolve(first) : lockedGrant(id)),
    lockNotes: async (accessKeys) => {
      await db.execute`
        SELECT 1 FROM access_notes WHERE workspace_id = ${workspace} AND access_key = ANY (${[...accessKeys]})
        ORDER BY access_key FOR UPDATE`;
    },
    pendingForUpdate: async (effect) => {
      const rows: readonly unknown[] = await db.query`
        SELECT key, payload FROM effects WHERE key = ${effectKey(effect)} AND done_at IS NULL FOR UPDATE`;
      return rows.length === 0 ? null : readPending(rows[0]);
    },
    grantsForUpdate: async (ids) => {
      const rows: readonly unknown[] = await db.query`
        SELECT * FROM grants WHERE workspace_id = ${workspace} AND id = ANY (${[...ids]}) ORDER BY id FOR UPDATE`;
      return skipping(rows, readGrant);
    },
    save: async (change) => {
      refuseForeign(workspace, [...(change.requests ?? []), ...(change.grants ?? [])]);
      // Side by side on one connection: they travel together, and requests come before the grants that refer to them.
      const saved = Promise.all([saveRequests(db, change.requests ?? []), saveGrants(db, change.grants ?? [])]);
      saved.catch(() => {});
      saving.push(saved);
      firstIsFresh = false;
      events.push(...(change.events ?? []));
      lastOfEachKey(effects, change.effects ?? []);
    },
    keepNote: async ({ accessKey, before, notedAt, notedFor }) => {
      // The update changes nothing: it makes the row that stands come back, also when somebody else is just writing it.
      const rows: readonly unknown[] = await db.query`
        INSERT INTO access_notes (workspace_id, access_key, before, noted_at, noted_for)
        VALUES (${workspace}, ${accessKey}, ${jsonText(before)}::jsonb, ${notedAt.toISOString()}::timestamptz, ${notedFor})
        ON CONFLICT (workspace_id, access_key) DO UPDATE SET access_key = excluded.access_key
        RETURNING *`;
      return readNote(rows[0]);
    },
    dropNotes: async (accessKeys) => {
      if (accessKeys.length === 0) return;
      await db.execute`DELETE FROM access_notes WHERE workspace_id = ${workspace} AND access_key = ANY (${[...accessKeys]})`;
    },
    saveDelegation: (delegation) => {
      refuseForeign(workspace, [{ id: delegation.person.slackUserId, workspaceId: delegation.workspaceId }]);
      return saveDelegation(db, delegation);
    },
    keepNotice: async ({ requestId, workspaceId, ref, notice, shows }) => {
      refuseForeign(workspace, [{ id: requestId, workspaceId }]);
      await db.execute`
        INSERT INTO open_notices (channel_id, ts, request_id, workspace_id, notice, shows)
        VALUES (${ref.channelId}, ${ref.ts}, ${requestId}, ${workspace}, ${notice}, ${shows})
        ON CONFLICT (channel_id, ts) DO UPDATE SET shows = excluded.shows`;
    },
    dropNotice: async ({ channelId, ts }) => {
      await db.execute`
        DELETE FROM open_notices WHERE workspace_id = ${workspace} AND channel_id = ${channelId} AND ts = ${ts}`;
    },
    addToWave: (topic, grants) => addToWave(db, workspace, now, topic, grants),
    saveCard: async ({ requestId, place, workspaceId, ref, shows, eventsTold, lineBegun, posted }) => {
      refuseForeign(workspace, [{ id: requestId, workspaceId }]);
      await db.execute`
        INSERT INTO cards (request_id, place, workspace_id, channel_id, ts, shows, lines_posted, line_begun, posted)
        VALUES (${requestId}, ${place}, ${workspace}, ${ref?.channelId ?? null}, ${ref?.ts ?? null}, ${shows}, ${eventsTold}, ${lineBegun}, ${posted})
        ON CONFLICT (request_id, place) DO UPDATE SET
          channel_id = excluded.channel_id, ts = excluded.ts, shows = excluded.shows, lines_posted = excluded.lines_posted,
          line_begun = excluded.line_begun, posted = excluded.posted`;
    },
  };
  const result = await work(tx);
  const finishing = finish(db, workspace, events, effects);
  finishing.catch(() => {});
  // What went wrong first is what went wrong: everything behind it only says that the transaction is over.
  await Promise.all(saving);
  const last = await finishing;
  return { value: { result, earliestDueAt: earliest(effects), dueNow: dueBy(now, effects) }, last };
}

/** The clock, after the person's lock where one is wanted: whoever waited for it must not decide with an old time. */
async function begin(db: Db, workspace: WorkspaceId, clock: Clock, { lockPerson }: TransactionOptions): Promise<Date> {
  if (lockPerson === undefined) return readClock(db, clock);
  const rows: readonly { now: Date }[] = await db.query`
    SELECT pg_advisory_xact_lock(hashtextextended(${`person/${workspace}/${lockPerson}`}, 0))::text, ${nowSql(clock)} AS now`;
  return theTime(rows);
}

/** The database's clock plus the offset. */
export async function readClock(db: Db, clock: Clock): Promise<Date> {
  return theTime(await db.query`SELECT ${nowSql(clock)} AS now`);
}

/** Cut to the millisecond, not rounded: a time in the future would not be due yet. */
const nowSql = (clock: Clock): Prisma.Sql =>
  Prisma.sql`date_trunc('milliseconds', clock_timestamp()) + ${clock.offsetMs()}::float8 * interval '1 millisecond'`;

function theTime(rows: readonly { readonly now: Date }[]): Date {
  const now = rows[0]?.now;
  if (!now) throw new Error('The database did not tell its time');
  return now;
}

/** A row of another workspace in a transaction of this one is a bug, never a request. */
function refuseForeign(
  workspace: WorkspaceId,
  rows: readonly { readonly id: string; readonly workspaceId: WorkspaceId }[],
): void {
  const foreign = rows.find((row) => row.workspaceId !== workspace);
  if (foreign) throw new Error(`${foreign.id} belongs to the workspace ${foreign.workspaceId}, not to ${workspace}`);
}

function earliest(effects: ReadonlyMap<string, EffectChange>): Date | null {
  let found: Date | null = null;
  for (const change of effects.values()) {
    if (change.change === 'schedule' && (found === null || change.dueAt < found)) found = change.dueAt;
  }
  return found;
}

function dueBy(now: Date, effects: ReadonlyMap<string, EffectChange>): readonly OutboxEntry[] {
  return [...effects].flatMap(([key, change]) =>
    change.change === 'schedule' && change.dueAt <= now
      ? [{ key, generation: 0, dueAt: change.dueAt, kind: change.effect.kind, target: change.target ?? null }]
      : [],
  );
}
