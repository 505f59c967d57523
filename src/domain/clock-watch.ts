/** How far the database's clock may go back or ahead of the time that really passed, in seconds: readiness allows the same. */
export const CLOCK_TOLERANCE_SECONDS = 2;
/** The same for a clock outside, which is told to the second and asked over a network. */
const OUTSIDE_TOLERANCE_SECONDS = 5;
/** Leaves room for the looks of other processes behind a copy that was found. */
const LOOKS_AHEAD = 1_000;

/** What is kept of the database's clock from one look to the next, also from one process to the next. */
export interface ClockSighting {
  /** The database's time at that look. */
  readonly seenAt: Date;
  /** Which start of which machine `steadySeconds` counts from; null: not known. */
  readonly boot: string | null;
  /** Of the process that looked: time that never goes back. */
  readonly steadySeconds: number;
  /** All steps that were ever found, together, so that what one process found is nothing new to another. Negative: back. */
  readonly steppedMs: number;
  /** How far a clock outside was ahead of the database's; null: they were never compared. */
  readonly outsideAheadMs: number | null;
  /** Counts the looks of all processes. Fewer than a process knows of: the database is an older copy of itself. */
  readonly looks: number;
  /** How many audit events there were. */
  readonly events: number;
}

/** What a look finds. */
export interface ClockPresent {
  readonly now: Date;
  readonly boot: string | null;
  readonly steadySeconds: number;
  /** What a clock outside says at this moment; null: nobody can tell. */
  readonly outsideNow: Date | null;
  readonly events: number;
  /** When the latest audit event of a workspace was, by the database's clock at that time; null: there is none. */
  readonly newestEventAt: Date | null;
}

export interface ClockVerdict {
  /** What is kept of this look. */
  readonly sighting: ClockSighting;
  /** How far the clock stepped beside the time that passed; 0: it went on as time did. Negative: back. */
  readonly steppedMs: number;
  /** false: it may have gone back further than that, since nobody can tell how long nobody looked. */
  readonly exact: boolean;
  /** The database is an older copy of the one that this process has seen. */
  readonly olderCopy: boolean;
}

/**
 * Whether the database's clock went on as time did. `seen` is what is kept in the database, `last` what this process kept of its own
 * last look (null: its first). Time passes on the steady clock of one machine since one start, where both looks were there; otherwise
 * the clock is at least not earlier than what is on record. A clock outside may know of a step back that nothing here can see; what
 * it says in our favour counts only where nobody here knows better, since it may be no other clock at all.
 */
export function judgeClock(seen: ClockSighting | null, last: ClockSighting | null, is: ClockPresent): ClockVerdict {
  const olderCopy = last !== null && (seen === null || seen.looks < last.looks);
  const inside = fromInside(seen, olderCopy ? { ...last, steppedMs: seen?.steppedMs ?? 0 } : last, is);
  const aheadMs = is.outsideNow && is.outsideNow.getTime() - is.now.getTime();
  const expectedAheadMs = seen?.outsideAheadMs == null ? null : seen.outsideAheadMs - inside.steppedMs;
  const unexplainedMs = aheadMs === null || expectedAheadMs === null ? 0 : expectedAheadMs - aheadMs;
  const toldOutside =
    unexplainedMs < -OUTSIDE_TOLERANCE_SECONDS * 1000 ||
    (unexplainedMs > OUTSIDE_TOLERANCE_SECONDS * 1000 && !inside.known && inside.steppedMs === 0);
  const steppedMs = inside.steppedMs + (toldOutside ? unexplainedMs : 0);
  const looks = Math.max(seen?.looks ?? 0, last?.looks ?? 0) + (olderCopy ? LOOKS_AHEAD : 1);
  return {
    sighting: {
      seenAt: is.now,
      boot: is.boot,
      steadySeconds: is.steadySeconds,
      steppedMs: (seen?.steppedMs ?? 0) + steppedMs,
      outsideAheadMs: aheadMs ?? (expectedAheadMs === null ? null : expectedAheadMs),
      looks,
      events: is.events,
    },
    steppedMs,
    exact: inside.known || toldOutside,
    olderCopy,
  };
}

/** `known`: the time that passed is known exactly. */
function fromInside(
  seen: ClockSighting | null,
  last: ClockSighting | null,
  is: ClockPresent,
): { readonly known: boolean; readonly steppedMs: number } {
  const sameBoot = seen !== null && is.boot !== null && seen.boot === is.boot ? seen : null;
  const from = last ?? sameBoot;
  const passedMs = from && (is.steadySeconds - from.steadySeconds) * 1000;
  if (from && passedMs !== null && passedMs >= 0) {
    const foundSince = (seen?.steppedMs ?? 0) - from.steppedMs;
    const offMs = is.now.getTime() - (from.seenAt.getTime() + passedMs + foundSince);
    return { known: true, steppedMs: Math.abs(offMs) > CLOCK_TOLERANCE_SECONDS * 1000 ? Math.round(offMs) : 0 };
  }
  // Events that were there at the last look have been judged with it.
  const newest = is.newestEventAt && is.events > (seen?.events ?? 0) ? is.newestEventAt.getTime() : 0;
  const offMs = is.now.getTime() - Math.max(seen?.seenAt.getTime() ?? 0, newest);
  return { known: false, steppedMs: offMs < -CLOCK_TOLERANCE_SECONDS * 1000 ? Math.round(offMs) : 0 };
}
