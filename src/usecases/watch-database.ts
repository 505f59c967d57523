import { type ClockSighting, type ClockVerdict, judgeClock } from '../domain/clock-watch.ts';
import { type Effect, schedule, type Trouble } from '../domain/effect.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { postInFirst, watchPlaces } from './first-channel.ts';
import { done, type Performed, type Ports } from './ports.ts';
import type { DatabaseIdentity, DatabaseSight, DatabaseVerdict } from './watch-ports.ts';

type Needs = Pick<Ports, 'store'>;

/** What tells how much time really passed, beside the database. */
export interface Witnesses {
  /** Which start of which machine its steady time counts from; null: not known, and then only this process can compare. */
  readonly boot: string | null;
  /** Goes on while the machine sleeps, and never goes back. */
  steadySeconds(): number;
  /** What a clock that is neither ours nor the database's says now; null: it cannot be asked now. */
  outsideNow(): Date | null;
}

/**
 * Looks whether the database is still the one it was, and whether its clock went on as time did. `last` is what it returned before,
 * null at the first look of a process. What it finds is scheduled in the same step, so that it is neither lost nor found twice:
 * `noteTrouble` writes it into the audit of every workspace, says it in its channel, and moves the ends of access with a clock
 * that went back, so that nobody has access for longer.
 */
export async function watchDatabase(
  ports: Needs,
  witnesses: Witnesses,
  last: ClockSighting | null,
): Promise<{ look: ClockSighting; troubles: readonly Trouble[] }> {
  let found: { look: ClockSighting; troubles: readonly Trouble[] } | null = null;
  await ports.store.database.look((sight) => {
    const clock = judgeClock(sight.seen, last, { ...sight, ...readWitnesses(sight, witnesses) });
    const troubles = troublesOf(sight, clock);
    found = { look: clock.sighting, troubles };
    return verdictOf(sight, clock, troubles);
  });
  if (!found) throw new Error('The database was looked at, and nothing was judged');
  return found;
}

function readWitnesses({ passedMs }: DatabaseSight, { boot, steadySeconds, outsideNow }: Witnesses) {
  const outside = outsideNow();
  return {
    boot,
    steadySeconds: steadySeconds() + passedMs / 1000,
    outsideNow: outside && new Date(outside.getTime() + passedMs),
  };
}

function troublesOf({ is, was, newestEventAt }: DatabaseSight, clock: ClockVerdict): readonly Trouble[] {
  const troubles: Trouble[] = [];
  const another = was !== null && nameOf(is) !== nameOf(was);
  if (another || clock.olderCopy) {
    const copy = clock.olderCopy ? `, an older copy than was seen before` : '';
    const name = { was: nameOf(was ?? is), is: `${nameOf(is)}${copy}` };
    troubles.push({ what: 'database_restored', ...name, knowsUntil: newestEventAt });
  }
  // Rounded so that nobody gets even a part of a second more.
  const seconds = Math.ceil(Math.abs(clock.steppedMs) / 1000);
  if (clock.steppedMs < 0) {
    troubles.push({ what: 'clock_went_back', seconds, exact: clock.exact, grantsMoved: 0 });
  } else if (clock.steppedMs > 0) troubles.push({ what: 'clock_jumped_ahead', seconds });
  return troubles;
}

function verdictOf({ now }: DatabaseSight, clock: ClockVerdict, troubles: readonly Trouble[]): DatabaseVerdict {
  const id = `${now.toISOString()}/${clock.sighting.looks}`;
  return {
    sighting: clock.sighting,
    effects: (workspaceId: WorkspaceId) =>
      troubles.map((trouble) => schedule({ kind: 'note_trouble', workspaceId, trouble, id, after: null }, now)),
    // What was there before the restore is unknown now, so what is found is shown before anything is taken away.
    forgetsFirstRuns: troubles.some(({ what }) => what === 'database_restored'),
    hurries: clock.steppedMs < 0,
  };
}

export async function announceTrouble(
  ports: Pick<Ports, 'policies' | 'messenger'>,
  trouble: Extract<Effect, { kind: 'announce_trouble' }>['trouble'],
): Promise<Performed> {
  const places = watchPlaces(ports);
  if (places.length === 0) return done;
  await postInFirst(places, (channel) => ports.messenger.tellSecurity(channel, { notice: 'trouble', trouble }));
  return done;
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
