import { uptime } from 'node:os';
import { schedule, type Trouble } from '../domain/effect.ts';
import { transitionGrant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import { bySystem } from '../domain/person.ts';
import { done, type Performed, type Ports } from './ports.ts';
import { channelOf } from './render-drift.ts';
import { stepGrant } from './step-grant.ts';
import type { DatabaseIdentity, SecurityNotice } from './watch-ports.ts';

type Needs = Pick<Ports, 'store'>;

/** How far the database's clock may go back or ahead of the time that really passed, in seconds: readiness allows the same. */
export const CLOCK_TOLERANCE_SECONDS = 2;
/** Grants that are moved in one go. */
const GRANTS_PAGE = 500;

/** What was known when the process looked last; null: it looks for the first time. */
export interface LastLook {
  readonly at: Date;
  /** Since the machine was started, which goes on while it sleeps and never goes back. */
  readonly steadySeconds: number;
}

/**
 * Looks whether the database is still the one it was, and whether its clock went on as time did. A restored database and a clock that
 * moved are written into the audit of every workspace and said in its channel. Access never becomes longer by it: what the clock went
 * back, the ends go back too.
 */
export async function watchDatabase(
  ports: Needs,
  last: LastLook | null,
): Promise<{ look: LastLook; troubles: readonly Trouble[] }> {
  const steadySeconds = uptime();
  const { is, was, now, seenAt } = await ports.store.database.look();
  const troubles: Trouble[] = [];
  if (was && nameOf(is) !== nameOf(was)) {
    troubles.push({ what: 'database_restored', was: nameOf(was), is: nameOf(is) });
  }
  const passedSeconds = last ? steadySeconds - last.steadySeconds : 0;
  const wentSeconds = last ? (now.getTime() - last.at.getTime()) / 1000 : 0;
  const aheadSeconds = Math.round(wentSeconds - passedSeconds);
  if (seenAt && now < seenAt) {
    // Only the first of several processes finds it so, since the look itself noted the present; and only that one moves the ends.
    const seconds = last ? -aheadSeconds : Math.round((seenAt.getTime() - now.getTime()) / 1000);
    if (seconds > CLOCK_TOLERANCE_SECONDS) troubles.push({ what: 'clock_went_back', seconds, grantsMoved: 0 });
  } else if (last && aheadSeconds > CLOCK_TOLERANCE_SECONDS) {
    troubles.push({ what: 'clock_jumped_ahead', seconds: aheadSeconds });
  }
  if (troubles.length > 0) {
    for (const workspace of await ports.store.database.workspaces()) {
      for (const trouble of troubles) await tell(ports, workspace, trouble);
    }
  }
  return { look: { at: now, steadySeconds }, troubles };
}

async function tell(ports: Needs, workspace: WorkspaceId, seen: Trouble): Promise<void> {
  const trouble =
    seen.what === 'clock_went_back' ? { ...seen, grantsMoved: await moveEnds(ports, workspace, seen.seconds) } : seen;
  await ports.store.transaction(workspace, async (tx) => {
    const base = { at: tx.now, actor: bySystem('start'), requestId: null, grantId: null };
    await tx.save({
      events: [
        trouble.what === 'database_restored'
          ? { ...base, kind: 'database.restored', data: { was: trouble.was, is: trouble.is } }
          : {
              ...base,
              kind: 'clock.moved',
              data:
                trouble.what === 'clock_went_back'
                  ? { bySeconds: -trouble.seconds, grantsMoved: trouble.grantsMoved }
                  : { bySeconds: trouble.seconds, grantsMoved: 0 },
            },
      ],
      effects: [
        schedule({ kind: 'announce_trouble', workspaceId: workspace, trouble, id: tx.now.toISOString() }, tx.now),
        schedule({ kind: 'reconcile', workspaceId: workspace }, tx.now),
      ],
    });
    // What was there before the restore is unknown now, so what is found is shown before anything is taken away.
    if (trouble.what === 'database_restored') await tx.forgetFirstRuns();
  });
}

async function moveEnds(ports: Needs, workspace: WorkspaceId, bySeconds: number): Promise<number> {
  const reads = ports.store.reads(workspace);
  let after: GrantId | null = null;
  let moved = 0;
  for (;;) {
    const page = await reads.grantsWithEnd(after, GRANTS_PAGE);
    for (const { id } of page) {
      const step = await stepGrant(ports, { workspace, grantId: id }, (state, now) =>
        transitionGrant(state, { type: 'clock_went_back', bySeconds }, now),
      );
      if (step.ok) moved += 1;
    }
    const last = page.at(-1);
    if (!last || page.length < GRANTS_PAGE) return moved;
    after = last.id;
  }
}

export async function announceTrouble(
  ports: Pick<Ports, 'policies' | 'messenger'>,
  trouble: Trouble,
): Promise<Performed> {
  const channel = channelOf(ports);
  if (channel === null) return done;
  await ports.messenger.tellSecurity(channel, noticeOf(trouble));
  return done;
}

function noticeOf(trouble: Trouble): SecurityNotice {
  switch (trouble.what) {
    case 'database_restored':
      return { notice: trouble.what, was: trouble.was, is: trouble.is };
    case 'clock_went_back':
      return { notice: trouble.what, seconds: trouble.seconds, grantsMoved: trouble.grantsMoved };
    case 'clock_jumped_ahead':
      return { notice: trouble.what, seconds: trouble.seconds };
  }
}

/** For people: what PostgreSQL lets us ask of itself. */
export const nameOf = (of: DatabaseIdentity): string =>
  [
    of.systemIdentifier === null ? null : `system ${of.systemIdentifier}`,
    of.timeline === null ? null : `timeline ${of.timeline}`,
    `database ${of.database}`,
    `tables ${of.table}`,
  ]
    .filter((part) => part !== null)
    .join(', ');
